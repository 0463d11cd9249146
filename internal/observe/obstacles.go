package observe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/ec2"
	"github.com/order-bot/infra/internal/ecs"
	"github.com/order-bot/infra/internal/iam"
	"github.com/order-bot/infra/internal/s3client"
)

// Obstacle is what AWS would stop a destroy for, half-way.
type Obstacle struct {
	// Address is that of the resource that AWS would not delete.
	Address string
	// Reason says why not, and what to do first.
	Reason string
}

// Obstacles returns what AWS would stop a plan for that destroys a stack: what else is in its VPC, who uses its certificates, what protects its load balancer, who else is in its security groups or names them, what else
// its cluster runs, which policies somebody gave its roles, and what its bucket and its repositories hold. It returns an error that names all
// of which AWS does not tell, beside the others.
func Obstacles(ctx context.Context, config aws.Config, plan *tfjson.Plan) ([]Obstacle, error) {
	goes := destroyed(plan)
	var all []Obstacle
	var problems []error
	for _, kind := range []struct {
		name string
		find func(ctx context.Context, config aws.Config, goes gone, attributes map[string]any) ([]string, error)
	}{
		{"aws_lb", protectionOfBalancer},
		{"aws_vpc", othersInNetwork},
		{"aws_acm_certificate", usersOfCertificate},
		{"aws_security_group", usersOfGroup},
		{"aws_ecs_cluster", othersInCluster},
		{"aws_iam_role", policiesOfRole},
		{"aws_s3_bucket", filesOfBucket},
		{"aws_ecr_repository", imagesOfRepository},
	} {
		for _, address := range slices.Sorted(maps.Keys(goes[kind.name])) {
			reasons, err := kind.find(ctx, config, goes, goes[kind.name][address])
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", address, err))
			}
			for _, reason := range reasons {
				all = append(all, Obstacle{address, reason})
			}
		}
	}
	return all, errors.Join(problems...)
}

// gone are the attributes of the resources that a plan destroys, by type and address.
type gone map[string]map[string]map[string]any

func destroyed(plan *tfjson.Plan) gone {
	all := gone{}
	for _, resource := range plan.ResourceChanges {
		if resource.Change == nil || !resource.Change.Actions.Delete() || resource.DeposedKey != "" {
			continue
		}
		if all[resource.Type] == nil {
			all[resource.Type] = map[string]map[string]any{}
		}
		attributes, _ := resource.Change.Before.(map[string]any)
		all[resource.Type][resource.Address] = attributes
	}
	return all
}

// values are those of an attribute of all resources of a type.
func (g gone) values(kind, attribute string) []string {
	var all []string
	for _, attributes := range g[kind] {
		all = append(all, fmt.Sprint(attributes[attribute]))
	}
	return all
}

// usersOfGroup finds who uses a security group and does not go with it.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
func usersOfGroup(ctx context.Context, config aws.Config, goes gone, group map[string]any) ([]string, error) {
	client, id := ec2.New(config), fmt.Sprint(group["id"])
	own, err := goes.interfaces(ctx, config)
	if err != nil {
		return nil, err
	}
	groups := goes.values("aws_security_group", "id")

	// What comes back is looked at: an EC2 that passes over a filter, as some local ones do, would stop every destroy.
	var found []string
	faces, err := client.DescribeNetworkInterfaces(ctx, ec2.Filters{"group-id": {id}})
	if err != nil {
		return nil, err
	}
	for _, face := range faces {
		if slices.Contains(face.GroupIDs, id) && !own.have(face) {
			found = append(found, inGroup(face, groups))
		}
	}
	for _, direction := range []string{"", "egress."} {
		naming, err := client.DescribeSecurityGroups(ctx, ec2.Filters{direction + "ip-permission.group-id": {id}})
		if err != nil {
			return nil, err
		}
		for _, other := range naming {
			reason := fmt.Sprintf("the rules of the security group %s, %s, name it, and AWS deletes no group that others name. Take those rules out",
				other.GroupID, other.GroupName)
			named := slices.Contains(slices.Concat(other.IngressGroupIDs, other.EgressGroupIDs), id)
			if named && !slices.Contains(groups, other.GroupID) && !slices.Contains(found, reason) {
				found = append(found, reason)
			}
		}
	}
	return found, nil
}

// inGroup says who is in a group by a network interface, and how to take it out. groups are all that go.
//
// The command is that of the interface: modify-instance-attribute may fail for an instance with several.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
//
// AWS lets nobody change an interface that one of its services manages, such as that of a database of RDS, a function or a task.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html
func inGroup(face ec2.NetworkInterface, groups []string) string {
	who := "the network interface " + face.NetworkInterfaceID
	if face.Description != "" {
		who += " (" + face.Description + ")"
	}
	if face.InstanceID != "" {
		who += " of the instance " + face.InstanceID
	}
	who += " is in it, and AWS deletes no group that is in use. "
	if face.RequesterManaged {
		return who + "A service of AWS manages this interface: change its groups where that service has them, or delete what it is for"
	}

	stay := slices.DeleteFunc(slices.Clone(face.GroupIDs), func(id string) bool { return slices.Contains(groups, id) })
	if len(stay) == 0 {
		stay = []string{"ANOTHER-GROUP"} // an interface has one group at least
	}
	return who + "Take it out: aws ec2 modify-network-interface-attribute --network-interface-id " + face.NetworkInterfaceID + " --groups " + strings.Join(stay, " ")
}

// interfaces are the network interfaces that go with what a plan destroys.
type interfaces struct {
	// tasks are those of the tasks, balancers the ids of the load balancers.
	tasks, balancers []string
}

// interfaces asks for those of the tasks, also of the ones that have just stopped. A task that would stay is in the way of
// its cluster, too: othersInCluster reports it.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Attachment.html
func (g gone) interfaces(ctx context.Context, config aws.Config) (interfaces, error) {
	own := interfaces{balancers: g.values("aws_lb", "arn_suffix")}
	client := ecs.New(config)
	for _, cluster := range g.values("aws_ecs_cluster", "arn") {
		for _, status := range []string{"RUNNING", "STOPPED"} {
			tasks, err := client.Tasks(ctx, cluster, "", status)
			if err != nil {
				return own, err
			}
			for _, task := range tasks {
				own.tasks = append(own.tasks, interfacesOf(task)...)
			}
		}
	}
	return own, nil
}

func interfacesOf(task ecs.Task) (all []string) {
	for _, attachment := range task.Attachments {
		for _, detail := range attachment.Details {
			if detail.Name == "networkInterfaceId" {
				all = append(all, detail.Value)
			}
		}
	}
	return all
}

// have tells whether an interface is one of them. Those of a load balancer have its id in their description. They
// outlive it for a while, so that a destroy which goes on may have some of a load balancer that it does not know any more.
// https://repost.aws/knowledge-center/elb-find-load-balancer-ip
func (i interfaces) have(face ec2.NetworkInterface) bool {
	if balancer, is := strings.CutPrefix(face.Description, "ELB "); is {
		return len(i.balancers) == 0 || slices.Contains(i.balancers, balancer)
	}
	return slices.Contains(i.tasks, face.NetworkInterfaceID)
}

// othersInCluster finds the services and the tasks that a cluster has and that do not go with it.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html
func othersInCluster(ctx context.Context, config aws.Config, goes gone, cluster map[string]any) ([]string, error) {
	client, arn := ecs.New(config), fmt.Sprint(cluster["arn"])
	services, err := client.Services(ctx, arn)
	if err != nil {
		return nil, err
	}
	tasks, err := client.Tasks(ctx, arn, "", "RUNNING")
	if err != nil {
		return nil, err
	}
	return staying(fmt.Sprint(cluster["name"]), goes.values("aws_ecs_service", "name"), services, tasks), nil
}

// staying says which of a cluster's services are not among those that go, and which tasks no service stops when it goes. Such a
// task was started by aws ecs run-task, or by a schedule. The group of a service's task is service:NAME.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
func staying(cluster string, going []string, services []ecs.Service, tasks []ecs.Task) []string {
	var found, groups []string
	for _, service := range services {
		name := service.Name
		groups = append(groups, "service:"+name)
		if service.Status == ecs.Active && !slices.Contains(going, name) { // others are being deleted
			found = append(found, fmt.Sprintf("it has the service %s, which is not in this state, and AWS deletes no cluster that has services. "+
				"Delete it, if it may go: aws ecs delete-service --cluster %s --service %s --force", name, cluster, name))
		}
	}
	for _, task := range tasks {
		if group := task.Group; !slices.Contains(groups, group) {
			id := path.Base(task.ARN)
			found = append(found, fmt.Sprintf("it runs the task %s (%s), which is of no service, and AWS deletes no cluster that runs tasks. "+
				"Wait until it ends, or stop it: aws ecs stop-task --cluster %s --task %s", id, group, cluster, id))
		}
	}
	return found
}

// policiesOfRole finds the policies that a role has and that the plan does not take off.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
//
// Some versions of the provider take them off by themselves, and stop half-way if they may not, as with the pipeline's roles.
// https://github.com/hashicorp/terraform-provider-aws/issues/47855
func policiesOfRole(ctx context.Context, config aws.Config, goes gone, role map[string]any) ([]string, error) {
	client, name := iam.New(config), fmt.Sprint(role["name"])
	attached, err := client.ListAttachedRolePolicies(ctx, name)
	if err != nil {
		return nil, err
	}
	inline, err := client.ListRolePolicies(ctx, name)
	if err != nil {
		return nil, err
	}
	return onRole(name, goes, attached, inline), nil
}

// onRole says which of a role's policies the plan does not take off, and how to do that.
func onRole(name string, goes gone, attached, inline []string) []string {
	var found []string
	for _, kind := range []struct {
		resource, attribute, command string
		policies                     []string
	}{
		{"aws_iam_role_policy_attachment", "policy_arn", "detach-role-policy --role-name %s --policy-arn %s", attached},
		{"aws_iam_role_policy", "name", "delete-role-policy --role-name %s --policy-name %s", inline},
	} {
		var going []string
		for _, attributes := range goes[kind.resource] {
			if attributes["role"] == name {
				going = append(going, fmt.Sprint(attributes[kind.attribute]))
			}
		}
		for _, policy := range kind.policies {
			if !slices.Contains(going, policy) {
				found = append(found, fmt.Sprintf("it has the policy %s, which is not in this state, and AWS deletes no role that has policies. "+
					"Take it off: aws iam "+kind.command, policy, name, policy))
			}
		}
	}
	return found
}

// protectionOfBalancer finds whether a load balancer is protected, by the state as it was read just now.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html
func protectionOfBalancer(_ context.Context, _ aws.Config, _ gone, balancer map[string]any) ([]string, error) {
	if balancer["enable_deletion_protection"] != true {
		return nil, nil
	}
	return []string{fmt.Sprintf("it has deletion protection. Take it off: deploy without Balancer.DeletionProtection, or aws elbv2 modify-load-balancer-attributes "+
		"--load-balancer-arn %s --attributes Key=deletion_protection.enabled,Value=false", balancer["arn"])}, nil
}

// filesOfBucket finds whether a bucket holds anything that AWS would refuse to delete it for.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html
func filesOfBucket(ctx context.Context, config aws.Config, _ gone, bucket map[string]any) ([]string, error) {
	if bucket["force_destroy"] == true {
		return nil, nil
	}
	name := fmt.Sprint(bucket["bucket"])
	listed, err := s3client.New(config).ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &name, MaxKeys: aws.Int32(1)})
	if err != nil || len(listed.Versions)+len(listed.DeleteMarkers) == 0 {
		return nil, err
	}
	return []string{fmt.Sprintf("it holds files, and AWS deletes no bucket that does. Delete them, if they may go: aws s3 rm s3://%s --recursive (if it keeps versions, empty it in the console)", name)}, nil
}

// HasImages tells whether a repository has images. It returns an error if AWS does not answer.
func HasImages(ctx context.Context, config aws.Config, repository string) (bool, error) {
	listed, err := ecr.NewFromConfig(config).ListImages(ctx, &ecr.ListImagesInput{RepositoryName: &repository, MaxResults: aws.Int32(1)})
	return err == nil && len(listed.ImageIds) > 0, err
}

// imagesOfRepository finds whether a repository has images.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html
func imagesOfRepository(ctx context.Context, config aws.Config, _ gone, repository map[string]any) ([]string, error) {
	if repository["force_delete"] == true {
		return nil, nil
	}
	name := fmt.Sprint(repository["name"])
	if images, err := HasImages(ctx, config, name); err != nil || !images {
		return nil, err
	}
	return []string{"it has images, and AWS deletes no repository that does. If they may go, delete it with them: aws ecr delete-repository --repository-name " + name + " --force"}, nil
}
