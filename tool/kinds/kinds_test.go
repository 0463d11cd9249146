package kinds_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/kinds"
)

// binding is an import of what makes a type, such as ".../aws/v19/lblistener".
var binding = regexp.MustCompile(`cdktf-provider-aws-go/aws/v\d+/([a-z0-9]+)"`)

// types are those that the modules make.
func types(t *testing.T) (resources, data []kinds.Kind) {
	t.Helper()
	byBinding := map[string]kinds.Kind{}
	for _, kind := range kinds.All() {
		byBinding[strings.NewReplacer(".aws_", "aws", "aws_", "", "_", "").Replace(kind.Type)] = kind
	}
	seen := map[string]bool{"provider": true}
	for _, directory := range []string{"../../modules", "../../stacks", "../../internal/dns"} {
		err := filepath.WalkDir(directory, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" {
				return err
			}
			text, err := os.ReadFile(path)
			for _, match := range binding.FindAllSubmatch(text, -1) {
				name := string(match[1])
				if seen[name] {
					continue
				}
				seen[name] = true
				switch kind, known := byBinding[name]; {
				case !known:
					t.Errorf("%s makes %s, of which tool/kinds knows nothing", path, name)
				case strings.HasPrefix(kind.Type, "data."):
					data = append(data, kind)
				default:
					resources = append(resources, kind)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(resources) < 20 {
		t.Fatalf("the modules make only %d types", len(resources))
	}
	return resources, data
}

// nothing are the fields that have nothing to say of a type, with spaces between. A type that no stack has needs none.
var nothing = map[string]string{
	"aws_acm_certificate":                         "Detail Unique Options Unreadable Harmless Held Expires Protections Foresee Called ByPrefix Monthly Spares Kept",
	"aws_acm_certificate_validation":              "Unique Options Unreadable Instead Replaced Held Expires Losses Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_appautoscaling_policy":                   "Label Detail Unique Options Unreadable Instead Replaced Held Expires Losses Protections Foresee ByPrefix Monthly InTheWay Spares Kept",
	"aws_appautoscaling_scheduled_action":         "Label Detail Unique Options Unreadable Instead Replaced Held Expires Losses Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_appautoscaling_target":                   "Detail Unique Options Unreadable Instead Replaced Held Expires Protections Foresee ByPrefix Monthly InTheWay Spares Kept",
	"aws_cloudfront_cache_policy":                 "Label Options Unreadable Harmless Instead Replaced Expires Losses Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_cloudfront_distribution":                 "Detail Unreadable Harmless Replaced Held Expires Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_cloudfront_function":                     "Label Options Harmless Instead Replaced Expires Losses Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_cloudfront_origin_access_control":        "Label Options Unreadable Harmless Instead Replaced Expires Losses Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_cloudfront_response_headers_policy":      "Label Options Unreadable Harmless Instead Replaced Expires Losses Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_cloudwatch_event_rule":                   "Label Detail Unique Options Unreadable Harmless Replaced Held Expires Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_cloudwatch_event_target":                 "Unique Options Unreadable Harmless Replaced Held Expires Losses Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_cloudwatch_log_group":                    "Label Detail Unreadable Harmless Replaced Held Expires Protections Foresee Called ByPrefix Monthly InTheWay Kept",
	"aws_cloudwatch_log_resource_policy":          "Options Unreadable Harmless Replaced Held Expires Losses Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_cloudwatch_metric_alarm":                 "Detail Unique Unreadable Harmless Held Expires Protections Foresee Called InTheWay Spares Kept",
	"aws_ecr_lifecycle_policy":                    "Unique Unreadable Instead Replaced Held Protections Foresee Called ByPrefix Monthly InTheWay Kept",
	"aws_ecr_repository":                          "Label Detail Unreadable Harmless Replaced Held Expires Protections Foresee Called ByPrefix Monthly Spares Kept",
	"aws_ecs_cluster":                             "Label Detail Options Unreadable Harmless Instead Replaced Held Expires Foresee ByPrefix Monthly Spares Kept",
	"aws_ecs_cluster_capacity_providers":          "Unique Options Unreadable Harmless Instead Replaced Held Expires Losses Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_ecs_service":                             "Label Detail Harmless Held Expires Foresee ByPrefix InTheWay Spares Kept",
	"aws_ecs_task_definition":                     "Detail Unique Options Instead Replaced Held Expires Protections Called InTheWay Spares Kept",
	"aws_eip":                                     "Unique Options Unreadable Harmless Replaced Held Expires Losses Protections Foresee Called ByPrefix InTheWay Spares Kept",
	"aws_iam_role":                                "Label Detail Options Unreadable Harmless Instead Replaced Held Expires Foresee Called ByPrefix Monthly Spares Kept",
	"aws_iam_role_policy":                         "Unique Options Unreadable Harmless Instead Replaced Held Expires Losses Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_iam_role_policy_attachment":              "Unique Options Unreadable Harmless Instead Replaced Held Expires Losses Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_internet_gateway":                        "Detail Unique Options Unreadable Harmless Replaced Held Expires Losses Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_lb":                                      "Label Detail Unreadable Harmless Held Expires Foresee ByPrefix Spares Kept",
	"aws_lb_listener":                             "Detail Options Unreadable Harmless Instead Replaced Held Expires Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_lb_listener_rule":                        "Detail Options Unreadable Harmless Instead Replaced Held Expires Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_lb_target_group":                         "Label Detail Options Unreadable Harmless Instead Expires Losses Protections Foresee Monthly InTheWay Spares",
	"aws_nat_gateway":                             "Detail Unique Options Unreadable Harmless Replaced Held Expires Losses Protections Foresee Called ByPrefix InTheWay Spares Kept",
	"aws_route53_record":                          "Detail Options Unreadable Replaced Held Expires Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_route_table":                             "Detail Unique Options Unreadable Harmless Replaced Held Expires Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_route_table_association":                 "Options Unreadable Harmless Replaced Held Expires Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_s3_bucket":                               "Detail Options Unreadable Harmless Replaced Held Expires Protections Foresee Called ByPrefix Monthly Spares Kept",
	"aws_s3_bucket_policy":                        "Unique Options Unreadable Harmless Instead Replaced Held Expires Losses Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_s3_bucket_public_access_block":           "Unique Options Unreadable Harmless Instead Replaced Held Expires Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_scheduler_schedule":                      "Label Detail Unreadable Harmless Held Expires Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_security_group":                          "Label Detail Unreadable Harmless Replaced Expires Foresee Called ByPrefix Monthly Spares Kept",
	"aws_service_discovery_private_dns_namespace": "Label Detail Options Unreadable Harmless Replaced Held Expires Losses Protections Foresee ByPrefix InTheWay Spares Kept",
	"aws_service_discovery_service":               "Label Detail Options Unreadable Harmless Replaced Held Expires Losses Protections Foresee ByPrefix Monthly InTheWay Spares Kept",
	"aws_sns_topic":                               "Label Detail Unique Options Unreadable Harmless Replaced Held Expires Losses Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_sns_topic_policy":                        "Unique Options Unreadable Replaced Held Expires Losses Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_sns_topic_subscription":                  "Unique Held Expires Losses Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_subnet":                                  "Detail Options Unreadable Harmless Replaced Expires Protections Foresee Called ByPrefix Monthly InTheWay Spares Kept",
	"aws_vpc":                                     "Detail Unique Options Unreadable Harmless Replaced Expires Protections Foresee Called ByPrefix Monthly Spares Kept",
	"aws_vpc_endpoint":                            "Detail Options Unreadable Harmless Replaced Held Expires Foresee ByPrefix InTheWay Spares Kept",
}

// Of each type that a stack has, each field is given, or said to be none. Of a data source it is enough how it is shown.
func TestEachFieldIsSaid(t *testing.T) {
	resources, data := types(t)
	for _, one := range resources {
		kind, name, none := reflect.ValueOf(one), one.Type, strings.Fields(nothing[one.Type])
		for _, field := range reflect.VisibleFields(kind.Type()) {
			switch missing, said := kind.FieldByIndex(field.Index).IsZero(), slices.Contains(none, field.Name); {
			case missing && !said:
				t.Errorf("tool/kinds does not say %s of %s: give it, or name it in nothing", field.Name, name)
			case !missing && said:
				t.Errorf("tool/kinds says %s of %s, and names it in nothing", field.Name, name)
			}
		}
		for _, field := range none {
			if _, is := kind.Type().FieldByName(field); !is {
				t.Errorf("nothing of %s names %s, which is no field of a kind", name, field)
			}
		}
	}
	for name := range nothing {
		if kinds.Of(name).Title == "" {
			t.Errorf("nothing names %s, of which tool/kinds knows nothing else", name)
		}
	}
	for _, kind := range data {
		if kind.Title == "" || kind.Step == 0 {
			t.Errorf("tool/kinds has no Title or no Step of %s", kind.Type)
		}
	}
}

// A person who set something by hand is told where to write it down.
func TestEachTypeHasAHome(t *testing.T) {
	resources, _ := types(t)
	for _, kind := range resources {
		text, err := os.ReadFile(filepath.Join("../..", kind.Home))
		name := strings.ReplaceAll(strings.TrimPrefix(kind.Type, "aws_"), "_", "")
		if err != nil || !strings.Contains(string(text), "/"+name+`"`) {
			t.Errorf("%s does not make %s (%v)", kind.Home, kind.Type, err)
		}
	}
}

// A type stands once, and by its whole name.
func TestEachTypeOnce(t *testing.T) {
	var before string
	for _, kind := range kinds.All() {
		if kind.Type == before || !strings.HasPrefix(strings.TrimPrefix(kind.Type, "data."), "aws_") {
			t.Errorf("the type %q stands twice, or is none of the AWS provider", kind.Type)
		}
		before = kind.Type
	}
}
