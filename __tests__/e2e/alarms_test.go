package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/order-bot/infra/localaws"
)

// ringing are the alarms that ring after some minutes, sorted.
func ringing(t *testing.T, e *localaws.Emulator, minutes int, said map[string]float64) []string {
	t.Helper()
	states := must[map[string]string](t)(e.MinutesPass(t.Context(), minutes, said))
	maps.DeleteFunc(states, func(_, state string) bool { return state != "ALARM" })
	return slices.Sorted(maps.Keys(states))
}

// whatBreaksIsTold lets everything break of which alarms tell, in a copy of the local AWS: each is told by a mail to whoever has confirmed the
// address, by day. At night nothing is told, as nothing is wanted.
func whatBreaksIsTold(t *testing.T, s *site) {
	ctx, local := t.Context(), must[*localaws.Emulator](t)(s.local.Copy(t.Context()))
	t.Cleanup(func() { _ = local.Stop() })
	const prefix, cluster = "order-bot-prod-", "order-bot-prod-cluster"
	client := newClients(local).ECS
	is := func(clock string, tasks int32) {
		t.Helper()
		must[[]string](t)(local.ItIs(ctx, clock))
		eventually(t, "the tasks at "+clock, func() bool {
			described := must[*awsecs.DescribeServicesOutput](t)(client.DescribeServices(ctx, &awsecs.DescribeServicesInput{
				Cluster: aws.String(cluster), Services: []string{"order-bot-svc", "order-bot-mgmt-svc"},
			}))
			return !slices.ContainsFunc(described.Services, func(service ecstypes.Service) bool {
				return service.RunningCount != tasks || len(service.Deployments) != 1
			})
		})
	}
	rings := func(what string, minutes int, said map[string]float64, want ...string) {
		t.Helper()
		for i, name := range want {
			want[i] = prefix + name
		}
		if got := ringing(t, local, minutes, said); !slices.Equal(got, want) {
			t.Errorf("%s, there ring %q, not %q", what, got, want)
		}
	}
	// mails are the subjects and texts of those that came since it was last asked.
	read := 0
	mails := func() string {
		t.Helper()
		all := must[[]localaws.Mail](t)(local.Mails(ctx))
		var text strings.Builder
		for _, mail := range all[read:] {
			same(t, "the address", mail.To, "team@example.com")
			text.WriteString(mail.Subject + "\n" + mail.Text + "\n")
		}
		read = len(all)
		return text.String()
	}

	is("10:00", 1)
	well := map[string]float64{"DaysToExpiry": 14, "HTTPCode_ELB_502_Count": 3, "HTTPCode_ELB_504_Count": 3, "HTTPCode_Target_5XX_Count": 3}
	rings("while all is well", 30, well)
	errors := map[string]float64{"DaysToExpiry": 13, "HTTPCode_ELB_502_Count": 4, "HTTPCode_ELB_504_Count": 4, "HTTPCode_Target_5XX_Count": 4}
	rings("with 20 errors in five minutes, and 19 in those before", 9, errors, "certificate")
	rings("with 20 errors in five minutes, twice in a row", 1, errors, "balancer-502", "balancer-504", "certificate", "order-bot-mgmt-svc-errors", "order-bot-svc-errors")
	same(t, "the mails before somebody has confirmed the address", mails(), "")
	same(t, "the addresses", must[[]string](t)(local.ConfirmMails(ctx)), []string{"team@example.com"})

	// At night no task is wanted, so that none is missing.
	is("18:00", 0)
	rings("at night", 30, map[string]float64{"HealthyHostCount": 0}, "certificate")
	same(t, "the mails of a night", mails(), "")
	is("10:00", 1)
	rings("in the morning", 3, nil, "certificate")
	rings("for two minutes without a healthy target", 2, map[string]float64{"HealthyHostCount": 0}, "certificate")
	rings("for three minutes", 1, map[string]float64{"HealthyHostCount": 0}, "certificate", "order-bot-mgmt-svc-unhealthy", "order-bot-svc-unhealthy")
	has(t, "the mails", mails(), `ALARM: "order-bot-prod-order-bot-svc-unhealthy"`, "passes the health check for 3 minutes", `docs/using/alarms.md, \"No healthy target\".`)
	rings("with errors again", 10, errors, "balancer-502", "balancer-504", "certificate", "order-bot-mgmt-svc-errors", "order-bot-svc-errors")
	again := mails() // in any order
	for _, name := range []string{"balancer-502", "balancer-504", "order-bot-svc-errors", "order-bot-mgmt-svc-errors"} {
		has(t, "the mails", again, `ALARM: "order-bot-prod-`+name+`"`)
	}
	rings("without errors", 30, nil, "certificate")

	// The image is gone, so that no task runs any more, and no rollout works.
	if err := local.BreakImage(ctx, s.local.Variables["prod"]["order_bot_image"].(string)); err != nil {
		t.Fatal(err)
	}
	rings("without a task", 3, nil, "certificate", "order-bot-svc-stopped")
	has(t, "the mails", mails(), `ALARM: "order-bot-prod-order-bot-svc-stopped"`, "No task of order-bot-svc runs for 3 minutes, and one should.")
	must[*awsecs.UpdateServiceOutput](t)(client.UpdateService(ctx, &awsecs.UpdateServiceInput{Cluster: aws.String(cluster), Service: aws.String("order-bot-svc"), ForceNewDeployment: true}))
	told := ""
	tells := func(what, text string) {
		t.Helper()
		eventually(t, what, func() bool { told += mails(); return strings.Contains(told, text) })
	}
	tells("the mail about the rollout", "A rollout failed.")
	has(t, "the mail about the rollout", told, `"service": "arn:aws:ecs:ap-northeast-1:123456789012:service/order-bot-prod-cluster/order-bot-svc"`,
		`"why": "ECS deployment circuit breaker: tasks failed to start."`, "docs/using/alarms.md, A rollout failed")

	must[[]string](t)(local.ItIs(ctx, "05:55"))
	tells("the mail about the job", `"job": "family:order-bot-prod-fails"`)
}

// brokenFrontendIsTold is the same of the frontend, whose alarms are in another region. Then it takes them out of the stack, whose design still has the
// provider of that region.
func brokenFrontendIsTold(t *testing.T, s *site) {
	ctx, local := t.Context(), must[*localaws.Emulator](t)(s.local.Copy(t.Context()))
	t.Cleanup(func() { _ = local.Stop() })
	same(t, "the addresses", must[[]string](t)(local.ConfirmMails(ctx)), []string{"team@example.com"})
	for _, c := range []struct {
		what    string
		percent float64
		minutes int
		want    []string
	}{
		{"while all is well", 9, 15, nil}, {"with errors for ten minutes", 10, 10, nil}, {"for fifteen", 20, 5, []string{"order-bot-global-frontend-errors"}},
	} {
		if got := ringing(t, local, c.minutes, map[string]float64{"5xxErrorRate": c.percent}); !slices.Equal(got, c.want) {
			t.Errorf("%s, there ring %q, not %q", c.what, got, c.want)
		}
	}
	mails := must[[]localaws.Mail](t)(local.Mails(ctx))
	if len(mails) != 1 || mails[0].To != "team@example.com" || mails[0].Subject != `ALARM: "order-bot-global-frontend-errors"` {
		t.Errorf("the mails are %+v", mails)
	}

	s.write(t, s.base, nil, `"aws": [`, `"aws": [{"alias": "us-east-1", "region": "us-east-1"}, `)
	file := filepath.Join(t.TempDir(), "plan")
	report := s.plan(t, file, tfexec.Refresh(false))
	same(t, "the plan without readers", sorted(lines(report)), prefixed("destroy ", alarmsOfGlobal...))
	compareRefusals(t, report.Refused(nil), because("would be destroyed", alarmsOfGlobal...))
	if err := s.apply(t, file); err != nil {
		t.Error(err)
	}
}

// alarmIsIgnored switches off that a rollout goes back by an alarm: with IgnoreAlarm, and not by taking the setting away, which AWS does not hear of.
func alarmIsIgnored(t *testing.T, s *site) {
	const service = "aws_ecs_service.ecs_svc_service"
	file, path := filepath.Join(t.TempDir(), "plan"), filepath.Join(s.dir, "cdk.tf.json")
	text := string(must[[]byte](t)(os.ReadFile(path)))
	write := func(was, is string) {
		t.Helper()
		if strings.Count(text, was) != 1 {
			t.Fatalf("the stack has %q %d times", was, strings.Count(text, was))
		}
		if err := os.WriteFile(path, []byte(strings.Replace(text, was, is, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	block := regexp.MustCompile(`(?s)"alarms": \{.*?\},\n`).FindString(text)
	write(block, "")
	compareRefusals(t, s.plan(t, file).Refused(nil), map[string]string{service: "AWS keeps the alarm all the same"})

	write(block, strings.ReplaceAll(block, "true", "false")) // as IgnoreAlarm has it
	report := s.plan(t, file)
	same(t, "what IgnoreAlarm changes", lines(report), []string{"change " + service + " alarms"})
	compareRefusals(t, report.Refused(nil), map[string]string{service: "a deploy that brings errors does not go back by itself"})
	if err := s.apply(t, file); err != nil {
		t.Fatal(err)
	}
	s.unchanged(t, "a plan with an alarm that is ignored")
}
