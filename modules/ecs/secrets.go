package ecs

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/order-bot/infra/internal/check"
)

// Secrets are environment variables whose values ECS reads when a task starts, by name of the variable. So no value is in the
// repository, in the inputs or in the state. The execution role may read exactly these. A new value reaches no running task: that
// takes a new deployment.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
type Secrets map[string]Secret

// Secret is where a value is. The zero value is the SSM parameter /order-bot/<environment>/<service>/<NAME>.
type Secret struct {
	// Parameter is a parameter of SSM's Parameter Store: its name, such as "/shared/api-key", or its ARN. A parameter costs nothing.
	Parameter string
	// SecretsManager is a secret of Secrets Manager instead: its name, or its ARN. About $0.40 a month each.
	SecretsManager string
	// JSONKey is the key of the value, where a secret of Secrets Manager is a JSON object. Default: the whole secret.
	JSONKey string
	// Version is the id of a version of a secret of Secrets Manager. Default: the current one.
	Version string
	// KMSKeyARN is the key of one's own that it is encrypted with, which the execution role may use then. Default: AWS's own.
	KMSKeyARN string
}

var (
	// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
	parameter = regexp.MustCompile(`^(?:/?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*|arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:parameter/[A-Za-z0-9_./-]+)$`)
	// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
	secretsManager = regexp.MustCompile(`^(?:[A-Za-z0-9/_+=.@-]+|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+)$`)
	kmsKey         = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[a-z0-9-]+$`)
	// The variable's name is the last part of the parameter's.
	lastOfParameter = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	looksComplete   = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)
	jsonKey         = regexp.MustCompile(`^[^:"\\\x00-\x1f]+$`)
)

func (s Secrets) validate() error {
	var p check.Problems
	for _, name := range slices.Sorted(maps.Keys(s)) {
		secret, label := s[name], "secret "+name
		p.Matches("secrets", name, variableName)
		if secret.Parameter == "" && secret.SecretsManager == "" && !lastOfParameter.MatchString(name) {
			p.Addf(label, "no parameter may have this name (letters, digits and _.-): say which Parameter it is")
		}
		if secret.Parameter != "" {
			p.Name(label+": parameter", secret.Parameter, 2048, parameter, "the name of a parameter, letters, digits and _.- between /, or its ARN")
		}
		if secret.SecretsManager != "" {
			p.Name(label+": Secrets Manager", secret.SecretsManager, 2048, secretsManager, "the name of a secret, letters, digits and /_+=.@-, or its ARN")
			// https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html
			if looksComplete.MatchString(secret.SecretsManager) && !strings.HasPrefix(secret.SecretsManager, "arn:") {
				p.Addf(label+": Secrets Manager", "%q ends like an ARN, and AWS would not find it by its name: give its ARN", secret.SecretsManager)
			}
			if !looksComplete.MatchString(secret.SecretsManager) && strings.HasPrefix(secret.SecretsManager, "arn:") {
				p.Addf(label+": Secrets Manager", "%q lacks the six characters at its end, and the role could not read it: give the whole ARN, or the name", secret.SecretsManager)
			}
			if secret.Parameter != "" {
				p.Addf(label, "it is a parameter, or a secret of Secrets Manager, not both")
			}
		} else if secret.JSONKey != "" || secret.Version != "" {
			p.Addf(label, "only a secret of Secrets Manager has a JSON key or a version")
		}
		for field, value := range map[string]string{"JSON key": secret.JSONKey, "version": secret.Version} {
			if value != "" {
				p.Name(label+": "+field, value, 512, jsonKey, `without : " and \`)
				p.Plain(label+": "+field, value)
			}
		}
		if secret.KMSKeyARN != "" {
			p.Name(label+": KMS key", secret.KMSKeyARN, 2048, kmsKey, "the ARN of a key")
		}
	}
	return p.Err()
}

// parameterName is the name of the parameter of a service's variable, if the secret is a parameter that is named.
func (s Secret) parameterName(path, service, variable string) string {
	if s.Parameter == "" {
		return path + "/" + service + "/" + variable
	}
	return s.Parameter
}

// Of returns the secrets of a service, as something else names them that has the same ones. path is Config.ParameterPath.
func (s Secrets) Of(path, service string) Secrets {
	all := Secrets{}
	for name, secret := range s {
		if secret.SecretsManager == "" {
			secret.Parameter = secret.parameterName(path, service, name)
		}
		all[name] = secret
	}
	return all
}

// arn is the secret's ARN, without the six characters that Secrets Manager appends where only the name is given.
func (s Secret) arn(common shared, service, variable string) string {
	if s.SecretsManager != "" {
		if strings.HasPrefix(s.SecretsManager, "arn:") {
			return s.SecretsManager
		}
		return common.arn("secretsmanager", "secret:"+s.SecretsManager)
	}
	name := s.parameterName(common.parameterPath, service, variable)
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return common.arn("ssm", "parameter/"+strings.TrimPrefix(name, "/"))
}

// valueFrom is what the container definition says of it.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
func (s Secret) valueFrom(common shared, service, variable string) string {
	arn := s.arn(common, service, variable)
	if s.JSONKey != "" || s.Version != "" {
		arn += ":" + s.JSONKey + "::" + s.Version
	}
	return arn
}

// list is what the container definition says of all of them; nil if there are none.
func (s Secrets) list(common shared, service string) (all []any) {
	for _, name := range slices.Sorted(maps.Keys(s)) {
		all = append(all, map[string]any{"name": name, "valueFrom": s[name].valueFrom(common, service, name)})
	}
	return all
}

// NamedSecret is a secret of a service or a job, with the names that AWS knows it by.
type NamedSecret struct {
	Service                                             string
	Job                                                 bool
	Name, Parameter, SecretsManager, JSONKey, KMSKeyARN string
}

// Secrets are those of all services, for who writes their values.
func (c Config) Secrets() (all []NamedSecret) {
	for _, service := range c.Services {
		containers := service.Task.containers(service.Name)
		for _, container := range slices.Sorted(maps.Keys(containers)) {
			of := containers[container].allSecrets()
			for _, name := range slices.Sorted(maps.Keys(of)) {
				named := NamedSecret{Service: service.Name, Job: service.Job, Name: name, SecretsManager: of[name].SecretsManager, JSONKey: of[name].JSONKey, KMSKeyARN: of[name].KMSKeyARN}
				if named.SecretsManager == "" {
					named.Parameter = of[name].parameterName(c.ParameterPath, service.Name, name)
				}
				all = append(all, named)
			}
		}
	}
	return all
}
