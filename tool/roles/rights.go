package roles

import (
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/kinds"
)

// stateRead is what a role needs to read the Terraform state, and stateWrite what it needs beside that to deploy.
func (s *scope) stateRead() []kinds.Right {
	return []kinds.Right{
		may("s3:ListBucket", "StateBucket", "arn:aws:s3:::"+s.StateBucket),
		may("s3:GetObject", "State", s.state(), s.lock()),
	}
}

func (s *scope) stateWrite() []kinds.Right {
	return []kinds.Right{may("s3:PutObject", "State", s.state(), s.lock()), may("s3:DeleteObject", "Lock", s.lock())}
}

func (s *scope) state() string {
	return "arn:aws:s3:::" + s.StateBucket + "/" + s.stack.Name + "/terraform.tfstate"
}

func (s *scope) lock() string { return s.state() + ".tflock" }

// may is the right to do something to resources of which no kind knows.
func may(action, sid string, resources ...string) kinds.Right {
	return kinds.Right{On: func(kinds.Scope) iampolicy.Statement { return iampolicy.Allow(sid, resources) }, Actions: []string{action}}
}

// ofOthers is what another stack has, and a pattern of this one is for: denied, whatever is allowed.
func ofOthers(s *scope) iampolicy.Statement {
	var all []string
	for _, prefix := range s.longer() {
		for _, kind := range kinds.All() {
			if kind.ByPrefix != nil && len(s.stack.Synthesized.Resource[kind.Type]) > 0 { // else no pattern is for it
				all = append(all, kind.ByPrefix(s, prefix))
			}
		}
	}
	statement := iampolicy.Allow("OfOthers", all)
	statement.Effect, statement.Action = "Deny", []string{"*"}
	return statement
}
