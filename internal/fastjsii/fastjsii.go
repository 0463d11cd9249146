// Package fastjsii starts and stops jsii, the bridge to the Node process in which CDKTF
// runs, without the noise and the leftovers that it has by itself.
package fastjsii

import (
	"os"
	"strconv"
	"strings"

	"github.com/aws/jsii-runtime-go"
)

// Start readies jsii; call it before anything else uses the framework. The returned stop
// ends the Node process and removes its temporary folders; call it last.
func Start() (stop func()) {
	// Importing the bindings has prepared a process already, with the environment of
	// that moment and a folder of its own. It was never started: let it go.
	jsii.Close()
	silenceNodeWarnings()
	return quietClose
}

// Main is the body of a TestMain: it runs m, which is a *testing.M, between Start and stop,
// and exits with its status.
func Main(m interface{ Run() int }) {
	stop := Start()
	status := m.Run()
	stop()
	os.Exit(status)
}

// quietClose closes jsii. Runtime 1.112.0 waits for its child in two goroutines at once;
// the one that comes second says "Runtime process exited abnormally: waitid: no child
// processes" on os.Stderr, at times after Close has returned. So the variable, not the
// descriptor, is pointed elsewhere, and stays there: what a program has to say, it has said.
func quietClose() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
	jsii.Close()
}

// silenceNodeWarnings keeps jsii from drawing a box about the age of Node, at each start, in
// the middle of what a person wants to read. What the user has set stays.
func silenceNodeWarnings() {
	const prefix = "JSII_SILENCE_WARNING_"
	for _, name := range []string{"DEPRECATED_NODE_VERSION", "UNTESTED_NODE_VERSION"} {
		if os.Getenv(prefix+name) == "" {
			_ = os.Setenv(prefix+name, "1")
		}
	}
	// This one takes a list of the major versions that it is to be silent about.
	if name := prefix + "END_OF_LIFE_NODE_VERSION"; os.Getenv(name) == "" {
		var majors []string
		for major := 16; major <= 40; major++ {
			majors = append(majors, strconv.Itoa(major))
		}
		_ = os.Setenv(name, strings.Join(majors, ","))
	}
}
