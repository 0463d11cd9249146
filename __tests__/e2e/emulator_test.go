package e2e

import (
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/order-bot/infra/emulator"
)

// A patch that moto needs no more, or that fits it no more, stops the emulator and says so.
// To a patch, a moto that is patched already looks like one that needs it no more.
func TestEmulatorNoticesPatchesThatAreNotNeeded(t *testing.T) {
	home := must[string](t)(emulator.Install(t.Context()))
	python := func(code string) (string, error) {
		command := exec.Command(filepath.Join(home, "venv", "bin", "python"), "-c", code)
		command.Dir = home
		output, err := command.CombinedOutput()
		return string(output), err
	}
	names, err := python("import server; print(*[p.__name__ for p in server.PATCHES])")
	if err != nil || len(strings.Fields(names)) < 6 {
		t.Fatalf("%v: %s", err, names)
	}
	for _, name := range strings.Fields(names) {
		apply := "patches.apply(next(p for p in server.PATCHES if p.__name__ == '" + name + "'))"
		output, err := python("import patches, server; " + apply)
		if err != nil {
			t.Errorf("%s: %v: %s", name, err, output)
		}
		output, err = python("import patches, server; " + apply + "; " + apply)
		if err == nil || !strings.Contains(output, "the patch "+name+" is not needed with this moto") {
			t.Errorf("%s twice: %v: %s", name, err, output)
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

	// The provider, too: a plan with such an environment asks the emulator who it is.
	tf := workspace(t, engines[0], "prod", emulator.Target{Variables: local.Variables["prod"], LocalState: true})
	planned := plan(t, tf)
	for _, resource := range planned.PriorState.Values.RootModule.Resources {
		if resource.Type == "aws_caller_identity" && resource.AttributeValues["account_id"] != "123456789012" {
			t.Errorf("the caller is %v", resource.AttributeValues)
		}
	}
	if _, err := os.Stat(filepath.Join(tf.WorkingDir(), "zz_override.tf.json")); err != nil {
		t.Error(err)
	}
}
