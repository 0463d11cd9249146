package ecs

import (
	"context"
	"slices"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// ServiceDeployment is the course of a service's deployment. ECS tells of those of the last 90 days.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
type ServiceDeployment struct {
	ARN string `json:"serviceDeploymentArn"`
	// Status is one of ServiceDeploymentStatus, such as Successful.
	Status  ServiceDeploymentStatus
	Created awsapi.Time `json:"createdAt"`
	// Finished is when it ended, however it did.
	Finished awsapi.Time `json:"finishedAt"`
	// Target is the service revision that it deploys. Its number of tasks is the one when the deployment ended.
	Target struct {
		ARN     string `json:"arn"`
		Running int    `json:"runningTaskCount"`
	} `json:"targetServiceRevision"`
	// Alarms are those that it goes back by.
	Alarms struct {
		// Triggered are the names of those that went off.
		Triggered []string `json:"triggeredAlarmNames"`
	}
}

// ServiceDeploymentStatus is how a deployment of a service stands.
type ServiceDeploymentStatus string

// Those that are asked for.
const (
	Pending    ServiceDeploymentStatus = "PENDING"
	InProgress ServiceDeploymentStatus = "IN_PROGRESS"
	Successful ServiceDeploymentStatus = "SUCCESSFUL"
	// Those of one that failed: ECS was not to go back, goes back, did so, or could not.
	WithoutBack ServiceDeploymentStatus = "STOPPED"
	GoingBack   ServiceDeploymentStatus = "ROLLBACK_IN_PROGRESS"
	WentBack    ServiceDeploymentStatus = "ROLLBACK_SUCCESSFUL"
	NotBack     ServiceDeploymentStatus = "ROLLBACK_FAILED"
)

// WentBack tells whether ECS has gone back from what was deployed to what the service ran before, or does so now.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
func (s ServiceDeploymentStatus) WentBack() bool {
	return s == "ROLLBACK_REQUESTED" || s == "ROLLBACK_IN_PROGRESS" || s == "ROLLBACK_SUCCESSFUL"
}

// mostDescribed is how many deployments, or revisions, one call describes.
const mostDescribed = 20

// ServiceDeployments returns the deployments of a service that stand so, or all of them if no status is given, the newest first, and no more than
// so many.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServiceDeployments.html
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceDeployments.html
func (c *Client) ServiceDeployments(ctx context.Context, cluster, service string, most int, statuses ...ServiceDeploymentStatus) ([]ServiceDeployment, error) {
	input := map[string]any{"cluster": cluster, "service": service}
	if len(statuses) > 0 {
		input["status"] = statuses
	}
	var arns []string
	for listed, err := range awsapi.Items[ServiceDeployment](ctx, c.api, "ListServiceDeployments", "serviceDeployments", input) {
		if err != nil {
			return nil, err
		}
		if arns = append(arns, listed.ARN); len(arns) == most {
			break
		}
	}
	var all []ServiceDeployment
	for some := range slices.Chunk(arns, mostDescribed) {
		var answer struct{ ServiceDeployments []ServiceDeployment }
		if err := c.api.JSON(ctx, "DescribeServiceDeployments", map[string]any{"serviceDeploymentArns": some}, &answer); err != nil {
			return nil, err
		}
		all = append(all, answer.ServiceDeployments...)
	}
	slices.SortStableFunc(all, func(a, b ServiceDeployment) int { return b.Created.Compare(a.Created.Time) })
	return all, nil
}

// Conflict is the code of the error where a deployment that is to be stopped has ended.
const Conflict = "ConflictException"

// GoBack stops a deployment, and has ECS go back to the service revision before.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopServiceDeployment.html
func (c *Client) GoBack(ctx context.Context, deployment string) error {
	return c.api.JSON(ctx, "StopServiceDeployment", map[string]any{"serviceDeploymentArn": deployment, "stopType": "ROLLBACK"}, &struct{}{})
}

// ServiceRevision is what a deployment deploys of a service.
type ServiceRevision struct {
	ARN string `json:"serviceRevisionArn"`
	// TaskDefinition is the ARN of the task definition's revision.
	TaskDefinition string
	// Images are those of its containers.
	Images []ContainerImage `json:"containerImages"`
}

// ContainerImage is an image of a service revision: as it was written, and the one that this was when it was deployed, or "" if ECS does not know.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerImage.html
type ContainerImage struct {
	Container string `json:"containerName"`
	Image     string
	Digest    string `json:"imageDigest"`
}

// ServiceRevisions returns service revisions, by their ARNs, of those that there are.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceRevisions.html
func (c *Client) ServiceRevisions(ctx context.Context, arns []string) ([]ServiceRevision, error) {
	var all []ServiceRevision
	for some := range slices.Chunk(arns, mostDescribed) {
		var answer struct{ ServiceRevisions []ServiceRevision }
		if err := c.api.JSON(ctx, "DescribeServiceRevisions", map[string]any{"serviceRevisionArns": some}, &answer); err != nil {
			return nil, err
		}
		all = append(all, answer.ServiceRevisions...)
	}
	return all, nil
}
