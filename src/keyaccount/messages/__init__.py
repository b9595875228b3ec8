"""Every text that a person sees, in Chinese and English: `code = { zh = …, en = … }`."""
