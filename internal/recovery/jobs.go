package recovery

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"

	"github.com/order-bot/infra/internal/awsapi"
)

// scheduled: by name in the group of those that name none. A schedule has no tags: the role by which it starts tasks says whose it is.
// Imported by GROUP/NAME (scheduler_schedule.html.markdown).
func scheduled(ctx context.Context, f *finder, r resource) (*Found, error) {
	name := f.value(r, "name")
	is, err := scheduler.NewFromConfig(f.config).GetSchedule(ctx, &scheduler.GetScheduleInput{Name: &name})
	if awsapi.IsCode(err, "ResourceNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	id, role := aws.ToString(is.GroupName)+"/"+name, ""
	if is.Target != nil {
		role = aws.ToString(is.Target.RoleArn)
	}
	for _, address := range f.stack.References(r.address) {
		if own := f.value(resource{address, "aws_iam_role"}, "name"); strings.HasPrefix(address, "aws_iam_role.") && strings.HasSuffix(role, ":role/"+own) {
			return &Found{ID: id, Evidence: "starts tasks as " + address, values: map[string]string{"arn": aws.ToString(is.Arn), "id": id}}, nil
		}
	}
	return nil, &Refusal{ID: id, Reason: fmt.Sprintf("it is not this stack's: it starts tasks as %s", role)}
}
