package ecs

import "github.com/order-bot/infra/internal/check"

// Image is what images are: with a tag, a digest or both, as container runtimes read them. Without either a registry silently answers with "latest".
// https://pkg.go.dev/github.com/distribution/reference#pkg-overview
var Image = check.NewPattern(`^(?:`+registry+`/)?`+part+`(?:/`+part+`)*(?:`+tag+`|(?:`+tag+`)?@sha256:[0-9a-f]{64})$`, LongestImage+len("@sha256:")+64,
	"an image with a tag or a digest, such as REPOSITORY:v1, 255 characters at most before the digest, without https:// and with a repository in lower case")

// EnvironmentName is what names of environment variables are. A name is not empty, and has no "=", which ends it. White space is refused, too: it would be
// a typing error.
// https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html
var EnvironmentName = check.NewPattern(`^[!-<>-~]+$`, MostEnvironmentBytes, "visible ASCII characters without =")

// variableName is what those are whose names stand in the design. The others are of no use there: Terraform and HCL read them as something else.
var variableName = check.NewPattern(`^[!#&-<>-\[\]-~]+$`, MostEnvironmentBytes, `visible ASCII characters without =, ", \, $ and %`)

// The limits are exported so that Terraform checks its variables with the same ones.
const (
	// MostSubnets is how many subnets a service takes.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html
	MostSubnets = 16

	// LongestImage is how many characters an image has at most, its digest not counted.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
	LongestImage = 255

	// MostEnvironmentBytes is how long an environment is at most, as the JSON that ECS gets. A
	// task definition has 64 KiB; this leaves room for the rest of it.
	// https://docs.aws.amazon.com/general/latest/gr/ecs-service.html
	MostEnvironmentBytes = 60 * 1024

	label    = `[a-z0-9]+(?:-+[a-z0-9]+)*`
	registry = label + `(?:[.]` + label + `)*(?::\d+)?`
	part     = `[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*`
	tag      = `:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`
)
