package ecs

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/order-bot/infra/internal/check"
)

// The limits and patterns are exported so that Terraform checks its variables with the same
// ones: its regular expressions and Go's are one dialect, RE2.
const (
	// MostSubnets is how many subnets a service takes.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html
	MostSubnets = 16
	// MostTasks is how many tasks a service takes.
	// https://docs.aws.amazon.com/general/latest/gr/ecs-service.html
	MostTasks = 5000

	// ImagePattern matches images with a tag, a digest or both, as container runtimes read
	// them. Without either a registry silently answers with "latest".
	// https://pkg.go.dev/github.com/distribution/reference#pkg-overview
	ImagePattern = `^(?:` + registry + `/)?` + part + `(?:/` + part + `)*(?:` + tag + `|(?:` + tag + `)?@sha256:[0-9a-f]{64})$`
	// LongestImage is how many characters an image has at most, its digest not counted.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
	LongestImage = 255
	// ImageAllowed says in words what an image is.
	ImageAllowed = "an image with a tag or a digest, such as REPOSITORY:v1, 255 characters at most before the digest, without https:// and with a repository in lower case"

	// EnvironmentNamePattern matches names of environment variables. A name is empty in no
	// container, and ends at its first "="; white space in it would be a slip that nobody sees.
	// https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html
	EnvironmentNamePattern = `^[!-<>-~]+$`
	// EnvironmentNameAllowed says in words what EnvironmentNamePattern matches.
	EnvironmentNameAllowed = "visible ASCII characters without ="
	// MostEnvironmentBytes is how long an environment is at most, as the JSON that ECS gets. A
	// task definition has 64 KiB; this leaves room for the rest of it.
	// https://docs.aws.amazon.com/general/latest/gr/ecs-service.html
	MostEnvironmentBytes = 60 * 1024

	label    = `[a-z0-9]+(?:-+[a-z0-9]+)*`
	registry = label + `(?:[.]` + label + `)*(?::\d+)?`
	part     = `[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*`
	tag      = `:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`
)

var (
	imagePattern    = regexp.MustCompile(ImagePattern)
	environmentName = regexp.MustCompile(EnvironmentNamePattern)
)

func validateImage(p *check.Problems, image string) {
	name, _, _ := strings.Cut(image, "@")
	switch {
	case image == "":
		p.Addf("image", "is required")
	case check.IsToken(image):
	case utf8.RuneCountInString(name) > LongestImage, !imagePattern.MatchString(image):
		p.Addf("image", "%q is not allowed (%s)", image, ImageAllowed)
	}
}

// validateEnvironment records what is wrong with a service's environment, and with its port if
// the environment says another one.
func validateEnvironment(p *check.Problems, s Service) {
	type pair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	var pairs []pair
	for _, name := range slices.Sorted(maps.Keys(s.Environment)) {
		if !check.IsToken(name) && !environmentName.MatchString(name) {
			p.Addf("environment", "%q is not allowed (%s)", name, EnvironmentNameAllowed)
		}
		pairs = append(pairs, pair{name, s.Environment[name]})
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(pairs)                                // strings: it cannot fail
	if size := text.Len() - 1; size > MostEnvironmentBytes { // without the line's end
		p.Addf("environment", "%d bytes of JSON are too many for a task definition, %d at most are allowed", size, MostEnvironmentBytes)
	}
	port, there := s.Environment["PORT"]
	if there && !check.IsToken(port) && !check.IsTokenNumber(s.Port) && port != strconv.FormatFloat(s.Port, 'f', -1, 64) {
		p.Addf("port", "%v is not PORT in the environment, %q", s.Port, port)
	}
}
