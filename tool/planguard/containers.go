package planguard

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/terminal"
	"github.com/order-bot/infra/tool/tfvalue"
)

// The ranks of what changes of a task definition.
const (
	rankImage = iota
	rankCPU
	rankMemory
	rankEnvironment
	rankSecrets
	rankOther
)

// container are the fields of one of the containers of a task definition.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
type container map[string]any

// containersOf reads container_definitions, by name. It tells whether that is what they are.
func containersOf(value any) (byName map[string]container, ok bool) {
	text, is := value.(string)
	if !is {
		return nil, tfvalue.Size(value) == 0
	}
	var all []container
	if json.Unmarshal([]byte(text), &all) != nil {
		return nil, false
	}
	byName = map[string]container{}
	for _, one := range all {
		byName[fmt.Sprint(one["name"])] = one
	}
	return byName, true
}

// definition says what differs between two revisions of a task definition; of the first one, what it runs. Its containers are one text, which the engine marks as sensitive as
// a whole as soon as one value in it is, such as that of a variable of the environment. Of such a text, what never is a secret is shown: images,
// sizes, ports and names. Values of the environment are never shown.
func (w *words) definition(before, after, beforeMarks, afterMarks map[string]any) {
	const containers = "container_definitions"
	for _, name := range []string{"cpu", "memory"} {
		w.size(name, before[name], after[name])
	}
	was, ok := containersOf(before[containers])
	will, okThen := containersOf(after[containers])
	switch {
	case after[containers] == (tfvalue.Unknown{}):
		w.say(containers, "")
	case !ok || !okThen:
		w.compare(containers, before[containers], after[containers], beforeMarks[containers], afterMarks[containers])
	default:
		marked := tfvalue.Holds(beforeMarks[containers], true) || tfvalue.Holds(afterMarks[containers], true)
		w.containers(was, will, fmt.Sprint(after["family"]), marked)
	}
	if before == nil {
		return
	}
	for _, name := range union(before, after) {
		// AWS makes up a part of them, tags_all has others once more, and of the last one there is a note.
		if !slices.Contains([]string{containers, "cpu", "memory", "arn", "arn_without_revision", "id", "revision", "tags_all", "skip_destroy"}, name) {
			w.compare(name, before[name], after[name], beforeMarks[name], afterMarks[name])
		}
	}
}

// size says that CPU units or MiB differ.
func (w *words) size(name string, before, after any) {
	if tfvalue.Same(before, after) {
		return
	}
	rank := map[string]int{"cpu": rankCPU, "memory": rankMemory}[name]
	switch {
	case tfvalue.Size(before) == 0:
		w.rank(rank, name, "%s %s", name, word(after, nil))
	case tfvalue.Size(after) == 0 && after != (tfvalue.Unknown{}):
		w.rank(rank, name, "-%s", name)
	default:
		w.rank(rank, name, "%s %s → %s", name, word(before, nil), word(after, nil))
	}
}

// containers compares containers by name. What the service's own container has is said without its name: it is the only one, or the family
// ends with its name.
func (w *words) containers(was, will map[string]container, family string, marked bool) {
	names := union(was, will)
	for _, name := range names {
		before, there := was[name]
		after, stays := will[name]
		of := name + ": "
		if len(names) == 1 || strings.HasSuffix("-"+family, "-"+name) {
			of = ""
		}
		switch {
		case !there && of != "" && len(was) > 0:
			w.rank(rankImage, "container_definitions", "+container %s (%s)", name, w.image(after["image"]))
		case !stays:
			w.rank(rankImage, "container_definitions", "-container %s", name)
		default:
			w.container(of, name, before, after, marked)
		}
	}
}

// container compares one container. What is said begins with of, which is empty for the service's own.
func (w *words) container(of, its string, before, after container, marked bool) {
	say := func(rank int, format string, args ...any) {
		w.rank(rank, "container_definitions", "%s%s", of, fmt.Sprintf(format, args...))
	}
	was, will := normal(before), normal(after)
	for _, name := range union(was, will) {
		one, other := was[name], will[name]
		if tfvalue.Same(one, other) {
			continue
		}
		switch name {
		case "image":
			say(rankImage, "%s", w.images(one, other))
		case "cpu", "memory":
			inner := words{}
			inner.size(name, one, other)
			for _, found := range inner.all {
				if whole := w.at(name); of == "" && whole != "" && whole != found.text {
					found.text = its + ": " + found.text // beside that of the task
				}
				say(found.rank, "%s", found.text)
			}
		case "environment", "secrets":
			rank, kind := rankEnvironment, ""
			if name == "secrets" {
				rank, kind = rankSecrets, "secret "
			}
			if before == nil {
				continue // all of a new one is new
			}
			old, now := byName(one), byName(other)
			for _, name := range union(old, now) {
				variable := kind + word(name, nil)
				switch {
				case old[name] == nil:
					say(rank, "+%s", variable)
				case now[name] == nil:
					say(rank, "-%s", variable)
				case !reflect.DeepEqual(old[name], now[name]):
					say(rank, "%s changed", variable)
				}
			}
		case "portMappings":
			old, now := ports(one), ports(other)
			switch {
			case slices.Equal(old, now):
				say(rankOther, "portMappings changed")
			case len(old) == 0:
				say(rankOther, "port %s", strings.Join(now, ", "))
			case len(now) == 0:
				say(rankOther, "-port %s", strings.Join(old, ", "))
			default:
				say(rankOther, "port %s → %s", strings.Join(old, ", "), strings.Join(now, ", "))
			}
		default:
			inner := words{}
			switch {
			case before == nil:
			case marked:
				say(rankOther, "%s changed", name)
			default:
				inner.compare(name, one, other, nil, nil)
			}
			for _, found := range inner.all {
				say(rankOther, "%s", found.text)
			}
		}
	}
}

// normal are the fields of a container less what says nothing: a revision that AWS gives back has defaults that the design leaves out.
func normal(fields container) map[string]any {
	kept := maps.Clone(map[string]any(fields))
	defaults := map[string]any{"essential": true, "cpu": 0.0}
	maps.DeleteFunc(kept, func(name string, value any) bool {
		return tfvalue.Size(value) == 0 || defaults[name] != nil && reflect.DeepEqual(value, defaults[name])
	})
	delete(kept, "name")
	if mappings, is := kept["portMappings"].([]any); is {
		// With the network mode awsvpc the port of the host is that of the container:
		// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
		var all []any
		for _, mapping := range mappings {
			one, _ := mapping.(map[string]any)
			one = maps.Clone(one)
			if one["hostPort"] == one["containerPort"] {
				delete(one, "hostPort")
			}
			if one["protocol"] == "tcp" {
				delete(one, "protocol")
			}
			all = append(all, one)
		}
		kept["portMappings"] = all
	}
	return kept
}

// ports are the ports of a container, such as "8000" or "53/udp", in their order.
func ports(mappings any) []string {
	var all []string
	for _, mapping := range tfvalue.List(mappings) {
		port := word(tfvalue.At(mapping, "containerPort"), nil)
		if protocol, is := tfvalue.At(mapping, "protocol").(string); is {
			port += "/" + protocol
		}
		all = append(all, port)
	}
	slices.Sort(all)
	return all
}

// byName are the entries of a list of a container, such as its environment, by name.
func byName(list any) map[string]any {
	all := map[string]any{}
	for _, entry := range tfvalue.List(list) {
		if fields, is := entry.(map[string]any); is {
			all[fmt.Sprint(fields["name"])] = entry
		}
	}
	return all
}

// image is an image, unless it is hidden.
func (w *words) image(value any) string {
	image := word(value, nil)
	if w.hidden[image] {
		return secret
	}
	return terminal.Cut(image, 2*longestWord)
}

// images says how images differ: by tag and digest alone, where they are of one repository.
func (w *words) images(before, after any) string {
	one, other := w.image(before), w.image(after)
	switch {
	case one == secret || other == secret:
		return "image changed " + secret
	case tfvalue.Size(before) == 0:
		return "image " + other
	}
	repository, tag, digest := imageParts(word(before, nil))
	repositoryThen, tagThen, digestThen := imageParts(word(after, nil))
	if repository != repositoryThen {
		return fmt.Sprintf("image %s → %s", one, other)
	}
	if tag == tagThen && digest != "" && digestThen != "" {
		tag, tagThen = "", ""
	}
	version := func(tag, digest string) string {
		if tag == "" && digest == "" {
			return "latest" // which is what is meant: https://docs.docker.com/reference/cli/docker/image/tag/
		}
		if tag != "" && digest != "" {
			digest = "@" + digest
		}
		return tag + digest
	}
	return fmt.Sprintf("image %s → %s", version(tag, digest), version(tagThen, digestThen))
}

// imageParts are the repository of an image, its tag and the beginning of its digest, which may be empty.
func imageParts(image string) (repository, tag, digest string) {
	repository, digest, _ = strings.Cut(image, "@")
	if at := strings.LastIndexByte(repository, ':'); at > strings.LastIndexByte(repository, '/') { // and not before the port of a registry
		repository, tag = repository[:at], repository[at+1:]
	}
	if kind, hex, is := strings.Cut(digest, ":"); is && len(hex) > 12 {
		digest = kind + ":" + hex[:12] + "…"
	}
	return repository, tag, digest
}
