"use strict";

// A file of its own, since the page's policy refuses scripts inside the page.
window.addEventListener("load", () => {
  window.SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#docs",
    deepLinking: true,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    // Otherwise large documents are sent to a validator on the internet.
    validatorUrl: null,
    defaultModelsExpandDepth: 0,
  });
});
