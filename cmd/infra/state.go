package main
import "context"
type stateCommand struct{ Versions stateVersions `cmd:""` }
type stateVersions struct{ one }
func (c stateVersions) Run(ctx context.Context) error { return nil }
