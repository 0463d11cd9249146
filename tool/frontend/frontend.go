// Package frontend uploads the build of a single-page application to its bucket, so that browsers
// show the new version at once.
package frontend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/tool/aws/cloudfront"
	"github.com/order-bot/infra/tool/aws/s3"
)

// index is the page that names all other files.
const index = "index.html"

// How long browsers and CloudFront keep a file. A file whose name has a hash of its content never changes. Of any
// other they ask each time whether it has changed.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
const (
	forEver = "public, max-age=31536000, immutable"
	askEach = "no-cache"
)

// longestInvalidation is how long to wait for CloudFront to forget its copies. It takes about a minute.
const longestInvalidation = 15 * time.Minute

// Site is where a frontend is served from.
type Site struct {
	// Bucket is the bucket of the files, Region where it is.
	Bucket, Region string
	// Distribution is the id of the CloudFront distribution before it.
	Distribution string
	// Names are the host names of the site itself.
	Names []string
	// Previews is the host name of previews, with a * in the place of the preview's name, such as "*.preview.example.com"; empty if there are none.
	Previews string
	// ErrorPages are the files with which the distribution answers for what is not there, such as "404.html".
	ErrorPages []string
}

// file is a file to upload. Its key is its path in the build, with slashes.
type file struct{ key, path string }

// preview is the name of a preview, a label of a host name. https://www.rfc-editor.org/rfc/rfc1123#section-2.1
var preview = check.NewPattern(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`, 63, "63 lower-case letters, digits and hyphens at most, a letter or digit at both ends, such as pr-12")

// URL returns where a preview is shown. It returns an error if its name is no part of a host name, if the site itself has that host name, or if the site has
// no previews.
func (s Site) URL(name string) (string, error) {
	var p check.Problems
	if name == "" {
		p.Addf("--preview", "the name is empty: leave --preview out to upload the site itself")
	} else {
		p.Matches("--preview", name, preview)
	}
	host := strings.Replace(s.Previews, "*", name, 1)
	if s.Previews == "" {
		p.Addf("--preview", "the frontend was deployed without previews: switch them on, and deploy it first")
	} else if slices.Contains(s.Names, host) {
		p.Addf("--preview", "%s is the site itself", host)
	}
	return "https://" + host, p.Err()
}

// Upload uploads the build in dir, index.html last, and lets CloudFront forget its copies. name is that of a preview, empty for the site itself. It says
// to log what it does. Nothing is deleted: pages that are open in a browser still load the old files.
//
// It returns an error if dir is no build, before anything is uploaded, and if AWS refuses something.
func (s Site) Upload(ctx context.Context, config aws.Config, dir, name string, log io.Writer) error {
	folder := ""
	if name != "" {
		folder = "previews/" + name + "/"
	}
	files, err := read(dir)
	if err := errors.Join(err, s.lacksErrorPages(dir, files)); err != nil {
		return err
	}
	config.Region = s.Region
	client := s3.New(config)
	for _, file := range files {
		if err := s.put(ctx, client, folder, file); err != nil {
			return fmt.Errorf("%s: %w\nindex.html comes last and was not uploaded: the site shows what it showed before", file.key, err)
		}
		fmt.Fprintf(log, "%s (%s)\n", file.key, cacheControl(file.key))
	}
	return s.invalidate(ctx, cloudfront.New(config), log)
}

// read returns the files of a build, index.html last.
func read(dir string) ([]file, error) {
	var files []file
	var errs []error
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || name == dir:
			return err
		case hidden(entry.Name()) && entry.IsDir():
			return fs.SkipDir
		case hidden(entry.Name()) || entry.IsDir():
			return nil
		case !entry.Type().IsRegular():
			errs = append(errs, fmt.Errorf("%s is no regular file", name))
			return nil
		}
		within, err := filepath.Rel(dir, name)
		files = append(files, file{key: filepath.ToSlash(within), path: name})
		return err
	})
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(files, func(f file) bool { return f.key == index })
	if at < 0 {
		return nil, errors.Join(append(errs, fmt.Errorf("%s has no %s: give the directory that the frontend's build has written, such as dist", dir, index))...)
	}
	last := files[at]
	return append(slices.Delete(files, at, at+1), last), errors.Join(errs...)
}

// lacksErrorPages is an error that names the error pages that a build does not have. Without one, CloudFront answers with an error of S3.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/GeneratingCustomErrorResponses.html
func (s Site) lacksErrorPages(dir string, files []file) error {
	var errs []error
	for _, page := range s.ErrorPages {
		if page != index && !slices.ContainsFunc(files, func(f file) bool { return f.key == page }) {
			errs = append(errs, fmt.Errorf("%s has no %s, with which the site answers for a page that is not there: have the frontend's build write one", dir, page))
		}
	}
	return errors.Join(errs...)
}

// hidden tells whether a file is one of an editor or an operating system, such as .DS_Store.
// Browsers and mail programs look for .well-known (RFC 8615).
func hidden(name string) bool { return strings.HasPrefix(name, ".") && name != ".well-known" }

func (s Site) put(ctx context.Context, client *s3.Client, folder string, file file) error {
	content, err := os.ReadFile(file.path)
	if err != nil {
		return err
	}
	return client.PutObject(ctx, s3.Bucket{Name: s.Bucket}, folder+file.key, content, map[string]string{
		"Cache-Control": cacheControl(file.key), "Content-Type": contentType(file.key),
	})
}

// Vite ends the name of what it builds with a hyphen and eight characters of a hash. A word may look like that,
// too, so a digit or an upper-case letter has to be among them.
// https://rollupjs.org/configuration-options/#output-assetfilenames
var (
	hash     = regexp.MustCompile(`-([A-Za-z0-9_-]{8})(\.[A-Za-z0-9]+)+$`)
	notAWord = regexp.MustCompile(`[A-Z0-9]`)
)

// cacheControl says how long a file may be kept.
func cacheControl(key string) string {
	match := hash.FindStringSubmatch(key)
	if strings.HasPrefix(key, "assets/") && match != nil && notAWord.MatchString(match[1]) {
		return forEver
	}
	return askEach
}

// contentTypes are those that Go knows on some machines only.
var contentTypes = map[string]string{
	".ico": "image/x-icon", ".map": "application/json", ".ttf": "font/ttf", ".txt": "text/plain; charset=utf-8",
	".webmanifest": "application/manifest+json", ".woff": "font/woff", ".woff2": "font/woff2",
}

func contentType(key string) string {
	extension := strings.ToLower(path.Ext(key))
	if known := contentTypes[extension]; known != "" {
		return known
	}
	if known := mime.TypeByExtension(extension); known != "" {
		return known
	}
	return "application/octet-stream"
}

// invalidate lets CloudFront forget its copies, and waits until it has. All files are one path: AWS charges by path.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Invalidation.html
func (s Site) invalidate(ctx context.Context, client *cloudfront.Client, log io.Writer) error {
	fmt.Fprintln(log, "Waiting for CloudFront to forget its copies; that takes about a minute …")
	id, err := client.Invalidate(ctx, s.Distribution, "/*", fmt.Sprintf("infra-%d", time.Now().UnixNano()))
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, longestInvalidation)
		defer cancel()
		err = client.WaitForInvalidation(ctx, s.Distribution, id)
	}
	if err != nil {
		return fmt.Errorf("all files are uploaded, but CloudFront may show old ones for a while: %w", err)
	}
	return nil
}
