package awsname

import "github.com/order-bot/infra/internal/check"

// Region is how regions are named in all partitions, such as us-gov-west-1 and eusc-de-east-1.
// https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json
var Region = check.NewPattern(`^(?:[a-z]{2}|eusc)(?:-[a-z]+)+-\d+$`, 32, "an AWS region, such as ap-northeast-1")
