"""What is to be known of one account? (chapter Know)"""
