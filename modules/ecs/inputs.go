package ecs

// The limits and patterns are exported so that Terraform checks its variables with the same
// ones: its regular expressions and Go's are one dialect, RE2.
const (
	// MostSubnets is how many subnets a service takes.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html
	MostSubnets = 16

	// ImagePattern matches images with a tag, a digest or both, as container runtimes read
	// them. Without either a registry silently answers with "latest".
	// https://pkg.go.dev/github.com/distribution/reference#pkg-overview
	ImagePattern = `^(?:` + registry + `/)?` + part + `(?:/` + part + `)*(?:` + tag + `|(?:` + tag + `)?@sha256:[0-9a-f]{64})$`
	// LongestImage is how many characters an image has at most, its digest not counted.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
	LongestImage = 255
	// ImageAllowed says in words what an image is.
	ImageAllowed = "an image with a tag or a digest, such as REPOSITORY:v1, 255 characters at most before the digest, without https:// and with a repository in lower case"

	// EnvironmentNamePattern matches names of environment variables. A name is not empty, and
	// has no "=", which ends it. White space is refused, too: it would be a typing error.
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
