package ecr

import "regexp"

// Ref says where an image is.
type Ref struct {
	Region string
	Repository
	ID
}

// https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
var private = regexp.MustCompile(`^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)/([^:@]+)(?::([^@]+))?(?:@(sha256:[0-9a-f]{64}))?$`)

// Parse reads the name of an image. It is not ok if that is in no private registry of AWS. Where there is a digest, the tag says nothing.
func Parse(image string) (ref Ref, ok bool) {
	parts := private.FindStringSubmatch(image)
	if parts == nil {
		return Ref{}, false
	}
	ref = Ref{parts[2], Repository{parts[1], parts[3]}, ID{Tag: parts[4]}}
	if digest := parts[5]; digest != "" {
		ref.ID = ID{Digest: digest}
	}
	return ref, true
}
