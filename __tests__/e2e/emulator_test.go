package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/order-bot/infra/localaws"
)

// A patch that moto needs no more, or that fits it no more, stops the emulator and says so.
// To a patch, a moto that is patched already looks like one that needs it no more.
func TestEmulatorNoticesPatchesThatAreNotNeeded(t *testing.T) {
	home := must[string](t)(localaws.Install(t.Context()))
	command := exec.Command(filepath.Join(home, "venv", "bin", "python"), "-c", `
import os, patches, server
for patch in server.PATCHES:
    for times in 1, 2:
        if os.fork() == 0:  # so that each starts with a moto as it comes
            outcome = "applied"
            try:
                for _ in range(times):
                    patches.apply(patch)
            except BaseException as end:
                outcome = end
            print(patch.__name__, times, outcome, flush=True)
            os._exit(0)
        os.wait()`)
	command.Dir = home
	output, err := command.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	if err != nil || len(lines) < 2*20 {
		t.Fatalf("%v: %s", err, output)
	}
	for _, line := range lines {
		name, outcome, _ := strings.Cut(line, " ")
		if outcome != "1 applied" && !strings.HasPrefix(outcome, "2 emulator: the patch "+name+" is not needed with this moto") {
			t.Error(line)
		}
	}
}

// Whatever AWS settings and credentials are in the environment, nothing gets past loopback.
func TestEmulatorKeepsRealCredentialsOut(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "real", "AWS_SESSION_TOKEN": "real", "AWS_PROFILE": "real",
		"AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com", "AWS_ROLE_ARN": "arn:aws:iam::1:role/real", "TF_VAR_aws_region": "us-east-1",
	} {
		t.Setenv(name, value)
	}
	for _, entry := range local.Environment() {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "AWS_") && (strings.Contains(value, "real") || strings.Contains(value, "REAL") || strings.Contains(value, "amazonaws")) || strings.HasPrefix(name, "TF_VAR_") {
			t.Errorf("the environment has %s", entry)
		}
	}
	address := must[*url.URL](t)(url.Parse(local.Endpoint))
	if ip := net.ParseIP(address.Hostname()); !ip.IsLoopback() {
		t.Errorf("the emulator is at %s", local.Endpoint)
	}

	// The provider, too, even in a terminal that knows nothing of the emulator and has credentials of AWS: it asks the
	// emulator who it is, and shows it no real key.
	var requests, real atomic.Int32
	gate := newGate(t, local.Endpoint)
	gate.record = func(r *http.Request, _ []byte) {
		requests.Add(1)
		if !strings.Contains(r.Header.Get("Authorization"), "Credential=test/") || r.Header.Get("X-Amz-Security-Token") != "" {
			real.Add(1)
		}
	}
	behind := *local
	behind.Endpoint = gate.URL
	tf := workspace(t, engines[0], "prod", localaws.Target{Variables: local.Variables["prod"], LocalState: true})
	if err := behind.Point(localaws.Target{Dir: tf.WorkingDir(), Variables: local.Variables["prod"], LocalState: true, ProviderVersion: providerVersion()}); err != nil {
		t.Fatal(err)
	}
	terminal := slices.DeleteFunc(local.Environment(), func(entry string) bool { return strings.HasPrefix(entry, "AWS_") })
	tf = must[*tfexec.Terraform](t)(openEngine(engines[0], tf.WorkingDir(), append(terminal,
		"AWS_ACCESS_KEY_ID=AKIAREAL", "AWS_SECRET_ACCESS_KEY=real", "AWS_SESSION_TOKEN=real", "AWS_PROFILE=real", "AWS_REGION=us-east-1")))
	planned := plan(t, tf)
	for _, resource := range planned.PriorState.Values.RootModule.Resources {
		if resource.Type == "aws_caller_identity" && resource.AttributeValues["account_id"] != "123456789012" {
			t.Errorf("the caller is %v", resource.AttributeValues)
		}
	}
	if requests.Load() == 0 || real.Load() > 0 {
		t.Errorf("of %d requests, %d have a real key", requests.Load(), real.Load())
	}
}

// A copy has what the original has by then. From then on the two share nothing.
func TestEmulatorIsCopied(t *testing.T) {
	t.Parallel()
	first := newEmulator(t)
	buckets := func(of *localaws.Emulator) (names []string) {
		for _, bucket := range must[*s3.ListBucketsOutput](t)(newClients(of).S3.ListBuckets(t.Context(), nil)).Buckets {
			names = append(names, *bucket.Name)
		}
		return names
	}
	create := func(in *localaws.Emulator, name string) {
		must[*s3.CreateBucketOutput](t)(newClients(in).S3.CreateBucket(t.Context(), &s3.CreateBucketInput{
			Bucket: &name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "ap-northeast-1"},
		}))
	}
	create(first, "before")
	second := must[*localaws.Emulator](t)(first.Copy(t.Context()))
	create(first, "of-the-first")
	create(second, "of-the-second")
	same(t, "the first", buckets(first), []string{first.StateBucket, "before", "of-the-first"})
	same(t, "the second", buckets(second), []string{first.StateBucket, "before", "of-the-second"})
	second.Variables["prod"]["public_subnet_ids"].([]any)[0] = "of-the-second"
	if first.Variables["prod"]["public_subnet_ids"].([]any)[0] == "of-the-second" {
		t.Error("both have the same list of values")
	}

	// One that has ended takes no other with it.
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	same(t, "the second, alone", buckets(second), []string{first.StateBucket, "before", "of-the-second"})
	if err := second.Stop(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the second does not answer any more", func() bool {
		_, err := newClients(second).S3.ListBuckets(t.Context(), nil)
		return err != nil
	})
}

// An answer comes in one piece: of one whose body comes later than its head, the provider at times loses the body (server.py says why).
func TestEmulatorAnswersInOnePiece(t *testing.T) {
	endpoint := must[*url.URL](t)(url.Parse(local.Endpoint))
	connection := must[net.Conn](t)(net.Dial("tcp", endpoint.Host))
	defer func() { _ = connection.Close() }()
	body := "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=x"
	request := fmt.Sprintf("POST / HTTP/1.1\r\nHost: %s\r\nAuthorization: AWS4-HMAC-SHA256 Credential=test/20260101/ap-northeast-1/ec2/aws4_request, Signature=x\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", endpoint.Host, len(body), body)
	piece := make([]byte, 1<<16)
	for i := range 50 {
		must[int](t)(connection.Write([]byte(request)))
		n := must[int](t)(connection.Read(piece))
		head, answer, _ := strings.Cut(string(piece[:n]), "\r\n\r\n")
		if !strings.HasPrefix(head, "HTTP/1.1 400") || !strings.Contains(answer, "</Response>") {
			t.Fatalf("answer %d came in more than one piece, the first of which is %q", i, piece[:n])
		}
	}
}
