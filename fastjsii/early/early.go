// Package early keeps jsii from preparing a process before main begins. The import of any bindings has it unpack its Node program into the
// directory for temporary files, and a panic ends the program where that cannot be written. fastjsii.Start makes the process that is used.
//
// This package has to be initialized before jsii. It is, as long as it imports nothing but what jsii imports, too: of packages that are
// ready, Go initializes the one whose path comes first, and jsii waits for os/exec, which comes after this one.
// https://go.dev/ref/spec#Program_initialization
package early

import "os"

// Variable names a command that jsii starts in the place of its own Node program.
const Variable = "JSII_RUNTIME"

// placeholder is a command that is never started.
const placeholder = "exit 1 # fastjsii.Start was not called"

func init() {
	if os.Getenv(Variable) == "" {
		_ = os.Setenv(Variable, placeholder)
	}
}

// End gives the environment back as it was. What jsii has prepared by then is never started.
func End() {
	if os.Getenv(Variable) == placeholder {
		_ = os.Unsetenv(Variable)
	}
}
