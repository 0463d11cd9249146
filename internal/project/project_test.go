package project

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestWriteAndRead(t *testing.T) {
	out := t.TempDir()
	if _, err := Read(out); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was never synthesized: %v", err)
	}
	want := &Project{Name: "order-bot", Shared: "global", Stacks: []Stack{
		{Name: "global", Examples: map[string]any{"zone": "Z1"}},
		{Name: "prod", Images: map[string]string{"order-bot-svc": "order_bot_image"}},
	}}
	if err := want.Write(out); err != nil {
		t.Fatal(err)
	}
	got, err := Read(out)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v: %+v", err, got)
	}
	if names := strings.Join(got.Names(), " "); names != "global prod" || got.Stack("prod").Images["order-bot-svc"] != "order_bot_image" || got.Stack("none").Name != "" {
		t.Errorf("%s, %+v", names, got)
	}
	if err := os.WriteFile(filepath.Join(out, File), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(out); err == nil || !strings.Contains(err.Error(), "make synth writes it") {
		t.Errorf("half a file: %v", err)
	}
}

func TestReadState(t *testing.T) {
	state, err := ReadState([]byte(`{"app": "go run .", "context": {"stateBucket": "my-state", "stateRegion": "eu-west-1"}}`))
	if err != nil || state != (State{Bucket: "my-state", Region: "eu-west-1"}) {
		t.Errorf("got %v, %v", state, err)
	}
	if _, err := ReadState([]byte(`{"context": {"stateBucket": "123456", "stateRegion": "eusc-de-east-1"}}`)); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		`{`: "cdktf.json: unexpected end of JSON input",
		`{"context": {}}`: "cdktf.json: context.stateBucket: is required\n" +
			"cdktf.json: context.stateRegion: is required",
		`{"context": {"stateBucket": "My_State", "stateRegion": "Tokyo"}}`: "cdktf.json: context.stateBucket: \"My_State\" is not allowed (3 to 63 lower-case letters, digits, dots and hyphens, a letter or digit at both ends)\n" +
			"cdktf.json: context.stateRegion: \"Tokyo\" is not allowed (an AWS region, such as ap-northeast-1)",
	} {
		if _, err := ReadState([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
