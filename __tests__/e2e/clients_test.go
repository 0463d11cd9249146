package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/order-bot/infra/localaws"
	"github.com/order-bot/infra/tool/aws/awsapi"
)

// clients are clients of the services that the stacks use, and of certificates, which they find.
type clients struct {
	ACM         *acm.Client
	AutoScaling *applicationautoscaling.Client
	CloudFront  *cloudfront.Client
	EC2         ec2Client
	ECR         *ecr.Client
	ECS         *ecs.Client
	ELB         *elasticloadbalancingv2.Client
	IAM         iamClient
	Logs        *cloudwatchlogs.Client
	Route53     *route53.Client
	S3          *s3.Client
	Scheduler   *scheduler.Client

	config aws.Config
}

// newClients returns clients of the emulator, which use nothing of this machine's AWS settings.
func newClients(e *localaws.Emulator) clients {
	return clientsOf(e, &ststypes.Credentials{AccessKeyId: aws.String("test"), SecretAccessKey: aws.String("test"), SessionToken: aws.String("")})
}

// assumed assumes a role.
func assumed(t *testing.T, e *localaws.Emulator, role string) *ststypes.Credentials {
	t.Helper()
	return must[*sts.AssumeRoleOutput](t)(sts.NewFromConfig(newClients(e).config).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: &role, RoleSessionName: aws.String("test"),
	})).Credentials
}

// clientsOf returns clients that work with given credentials.
func clientsOf(e *localaws.Emulator, given *ststypes.Credentials) clients {
	config := aws.Config{
		Region:       "ap-northeast-1",
		BaseEndpoint: aws.String(e.Endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider(*given.AccessKeyId, *given.SecretAccessKey, *given.SessionToken),
	}
	return clients{
		config:      config,
		ACM:         acm.NewFromConfig(config),
		AutoScaling: applicationautoscaling.NewFromConfig(config),
		CloudFront:  cloudfront.NewFromConfig(config),
		EC2:         ec2Client{queryClient{awsapi.New(config, awsapi.Service{ID: "EC2", Prefix: "ec2", Version: "2016-11-15"})}},
		ECR:         ecr.NewFromConfig(config),
		ECS:         ecs.NewFromConfig(config),
		ELB:         elasticloadbalancingv2.NewFromConfig(config),
		IAM:         iamClient{queryClient{awsapi.New(config, awsapi.Service{ID: "IAM", Prefix: "iam", Version: "2010-05-08"})}},
		Logs:        cloudwatchlogs.NewFromConfig(config),
		Route53:     route53.NewFromConfig(config),
		S3:          s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }),
		Scheduler:   scheduler.NewFromConfig(config),
	}
}
