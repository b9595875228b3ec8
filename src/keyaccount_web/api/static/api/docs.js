// The endpoints, drawn from the schema; what is tried goes out with the token that the reader pastes.
const place = document.getElementById("api-docs");
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.schema,
  layout: "BaseLayout",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis],
});
