// What CloudFront does with a request before it looks for the file. The first line of the function says what the site is (function.go).
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
function handler(event) {
  const request = event.request;
  const path = request.uri;
  if (site.redirected && request.headers.host && request.headers.host.value.toLowerCase() === site.redirected) {
    return redirect(request, path);
  }
  if (isFile(path)) {
    return request;
  }
  if (site.pages === "one") {
    request.uri = "/index.html";
  } else if (site.pages === "many" && path.endsWith("/")) {
    request.uri = path + "index.html";
  } else if (site.pages === "many") {
    return redirect(request, path + "/"); // or what the page names relative to itself is looked for beside it
  }
  return request;
}

// A file has a dot in the last part of its path, or is where all are files.
function isFile(path) {
  return path.startsWith("/assets/") || path.startsWith("/.well-known/") || path.slice(path.lastIndexOf("/")).includes(".");
}

// The address is whole: of a path that begins with two slashes alone, browsers would make a host name. Browsers ask again after an hour.
function redirect(request, path) {
  const query = request.rawQueryString();
  return {
    statusCode: 301,
    statusDescription: "Moved Permanently",
    headers: {
      location: { value: "https://" + site.domain + path + (query ? "?" + query : "") },
      "cache-control": { value: "max-age=3600" },
    },
  };
}
