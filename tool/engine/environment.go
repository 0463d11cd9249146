package engine

import (
	"os"
	"slices"
	"strings"
)

// passed are the variables of the engines, by how they begin, that say where things come from, and give what a person sees: values, and
// the key of an encrypted state. Every other one that begins with TF_ changes what an engine does, without a word: its arguments, its
// workspace, the folder with the address of the state, a provider that somebody started by hand.
// https://developer.hashicorp.com/terraform/cli/config/environment-variables
// https://opentofu.org/docs/cli/config/environment-variables/
var passed = []string{
	"TF_VAR_", "TF_ENCRYPTION", "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_", "TF_TOKEN_", "TF_REGISTRY_", "TF_PROVIDER_DOWNLOAD_", "TF_APPEND_USER_AGENT",
}

// settings are what this program says itself.
var settings = []string{"TF_IN_AUTOMATION=1", "TF_INPUT=0", "TF_WORKSPACE=default"}

// Withheld returns the names of the variables of the environment that an engine does not get, as they would steer it, sorted.
func Withheld() (names []string) {
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); value != "" && withheld(name) && !slices.Contains(settings, entry) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func withheld(name string) bool {
	return strings.HasPrefix(name, "TF_") && !slices.ContainsFunc(passed, func(beginning string) bool { return strings.HasPrefix(name, beginning) })
}

// environment is what the engine's process has of this process's environment, and how it is told to behave.
func (e Engine) environment() []string {
	kept := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return withheld(name)
	})
	kept = append(kept, settings...)
	if e.DataDir != "" {
		kept = append(kept, "TF_DATA_DIR="+e.DataDir)
	}
	return kept
}
