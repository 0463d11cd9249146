package session

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/order-bot/infra/tool/aws/ecs"
)

// program is the session manager plugin.
const program = "session-manager-plugin"

// install says how to get the plugin.
const install = "on macOS: brew install --cask " + program +
	"; on Linux: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"

// older are the versions up to which the plugin takes the token of a session from its arguments only, which everybody on the machine sees. Later ones also take
// it from the environment: https://docs.aws.amazon.com/systems-manager/latest/userguide/plugin-version-history.html
var older = []int{1, 2, 497, 0}

// Plugin is the session manager plugin of this machine.
type Plugin struct{ path string }

// FindPlugin looks for the plugin on the PATH. It returns an error that says how to get it.
func FindPlugin(ctx context.Context) (Plugin, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return Plugin{}, fmt.Errorf("%s is not on the PATH, and a session needs it; %s", program, install)
	}
	said, err := exec.CommandContext(ctx, path, "--version").CombinedOutput()
	version := strings.TrimSpace(string(said))
	if err != nil {
		return Plugin{}, fmt.Errorf("%s --version: %w: %s", path, err, version)
	}
	if slices.Compare(numbers(version), older) <= 0 {
		return Plugin{}, fmt.Errorf("%s has the version %q, and a newer one than 1.2.497.0 is needed: that one shows the token of the session to everybody on this machine; %s", path, version, install)
	}
	return Plugin{path}, nil
}

// numbers are those of a version.
func numbers(version string) (all []int) {
	for part := range strings.SplitSeq(version, ".") {
		number, err := strconv.Atoi(part)
		if err != nil {
			return nil
		}
		all = append(all, number)
	}
	return all
}

// Program is the plugin's file, its arguments and its environment for a session, as the AWS CLI calls it.
func (p Plugin) Program(place Place, opened ecs.Session) (path string, arguments, environment []string, err error) {
	target, err := json.Marshal(map[string]string{"Target": place.Target()})
	if err != nil {
		return "", nil, nil, err
	}
	const variable = "AWS_SSM_START_SESSION_RESPONSE"
	region, suffix := place.Region(), ""
	if strings.HasPrefix(region, "cn-") {
		suffix = ".cn"
	}
	// With the profile and the endpoint it goes on with a session whose connection was lost.
	arguments = []string{program, variable, region, "StartSession", os.Getenv("AWS_PROFILE"), string(target), "https://ssm." + region + ".amazonaws.com" + suffix}
	return p.path, arguments, append(os.Environ(), variable+"="+string(opened)), nil
}
