// What CloudFront does with a request before it looks for the file. The first line of the function says what the site is (function.go).
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
function handler(event) {
  const request = event.request;
  const path = request.uri;
  const host = request.headers.host ? request.headers.host.value.toLowerCase() : "";
  if (site.redirected && host === site.redirected) {
    return redirect(request, site.domain, path);
  }
  const preview = previewOf(host);
  if (site.previews && !preview && decoded(path).startsWith("/previews/")) {
    return { statusCode: 404, statusDescription: "Not Found" }; // a script of a branch would have what the browser keeps for the site
  }
  if (isFile(path)) {
    request.uri = preview + path;
  } else if (site.pages === "many" && path.endsWith("/")) {
    request.uri = preview + path + "index.html";
  } else if (site.pages === "many") {
    return redirect(request, preview ? host : site.domain, path + "/"); // or what the page names relative to itself is looked for beside it
  } else if (site.pages === "one" || preview) {
    request.uri = preview + "/index.html";
  }
  return request;
}

// The folder of the preview that a host name is for; "" if it is the site's, which *.example.com may be for, too.
function previewOf(host) {
  const domain = site.previews.slice(1);
  return domain && host.endsWith(domain) && host !== site.domain ? "/previews/" + host.slice(0, -domain.length) : "";
}

// A path as S3 reads it.
function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch (malformed) {
    return path;
  }
}

// A file has a dot in the last part of its path, or is where all are files.
function isFile(path) {
  return path.startsWith("/assets/") || path.startsWith("/.well-known/") || path.slice(path.lastIndexOf("/")).includes(".");
}

// The address is whole: of a path that begins with two slashes alone, browsers would make a host name. Browsers ask again after an hour.
function redirect(request, host, path) {
  const query = request.rawQueryString();
  return {
    statusCode: 301,
    statusDescription: "Moved Permanently",
    headers: {
      location: { value: "https://" + host + path + (query ? "?" + query : "") },
      "cache-control": { value: "max-age=3600" },
    },
  };
}
