package awsname

import (
	"regexp"

	"github.com/order-bot/infra/internal/check"
)

// What regions are named in all partitions, such as us-gov-west-1 and eusc-de-east-1.
// https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json
const (
	// RegionPattern matches the name of a region.
	RegionPattern = `^(?:[a-z]{2}|eusc)(?:-[a-z]+)+-\d+$`
	// RegionAllowed says in words what RegionPattern matches.
	RegionAllowed = "an AWS region, such as ap-northeast-1"
)

var region = regexp.MustCompile(RegionPattern)

// ValidateRegion records what is not the name of a region.
func ValidateRegion(p *check.Problems, field, name string) {
	p.Name(field, name, 32, region, RegionAllowed)
}
