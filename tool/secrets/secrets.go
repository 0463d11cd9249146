// Package secrets asks for and writes the values that ECS reads when a task starts: parameters of SSM's Parameter Store, and secrets of
// Secrets Manager. It shows no value.
package secrets

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/aws/awsapi"
)

// Store is where the secrets of one region are.
type Store struct{ parameters, manager *awsapi.Client }

// New returns the store with these settings.
func New(config aws.Config) *Store {
	return &Store{
		parameters: awsapi.New(config, awsapi.Service{ID: "SSM", Prefix: "ssm", Target: "AmazonSSM"}),
		manager:    awsapi.New(config, awsapi.Service{ID: "Secrets Manager", Prefix: "secretsmanager", Target: "secretsmanager"}),
	}
}

// Where says where a secret is, for a person.
func Where(secret project.Secret) string {
	switch {
	case secret.SecretsManager == "":
		return "parameter " + secret.Parameter
	case secret.JSONKey == "":
		return "secret " + secret.SecretsManager
	default:
		return fmt.Sprintf("key %q of secret %s", secret.JSONKey, secret.SecretsManager)
	}
}

// Changed is when a secret was written last; the zero time if there is none. It does not read the value, so a missing key within a secret is not
// found.
func (s *Store) Changed(ctx context.Context, secret project.Secret) (time.Time, error) {
	if secret.SecretsManager != "" {
		var answer struct{ LastChangedDate, CreatedDate float64 }
		err := s.manager.JSON(ctx, "DescribeSecret", map[string]any{"SecretId": secret.SecretsManager}, &answer)
		if awsapi.IsCode(err, "ResourceNotFoundException") {
			return time.Time{}, nil
		}
		return at(max(answer.LastChangedDate, answer.CreatedDate)), err
	}
	// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html
	var answer struct {
		Parameters []struct{ LastModifiedDate float64 }
	}
	err := s.parameters.JSON(ctx, "DescribeParameters", map[string]any{
		"ParameterFilters": []any{map[string]any{"Key": "Name", "Option": "Equals", "Values": []string{nameOf(secret.Parameter)}}},
	}, &answer)
	if err != nil || len(answer.Parameters) == 0 {
		return time.Time{}, err
	}
	return at(answer.Parameters[0].LastModifiedDate), nil
}

// Put writes the value of a secret, which it creates if there is none. The other keys of a JSON object stay.
func (s *Store) Put(ctx context.Context, secret project.Secret, value string) error {
	if secret.SecretsManager == "" {
		input := map[string]any{"Name": nameOf(secret.Parameter), "Value": value, "Type": "SecureString", "Overwrite": true}
		if secret.KMSKeyARN != "" {
			input["KeyId"] = secret.KMSKeyARN
		}
		return s.parameters.JSON(ctx, "PutParameter", input, &struct{}{})
	}
	if secret.JSONKey != "" {
		object, err := s.object(ctx, secret.SecretsManager)
		if err != nil {
			return err
		}
		object[secret.JSONKey] = value
		text, err := json.Marshal(object)
		if err != nil {
			return err
		}
		value = string(text)
	}
	err := s.manager.JSON(ctx, "PutSecretValue", map[string]any{"SecretId": secret.SecretsManager, "SecretString": value}, &struct{}{})
	if !awsapi.IsCode(err, "ResourceNotFoundException") {
		return err
	}
	input := map[string]any{"Name": secret.SecretsManager, "SecretString": value}
	if secret.KMSKeyARN != "" {
		input["KmsKeyId"] = secret.KMSKeyARN
	}
	return s.manager.JSON(ctx, "CreateSecret", input, &struct{}{})
}

// object is the JSON object that a secret is; an empty one if there is no secret.
func (s *Store) object(ctx context.Context, id string) (map[string]any, error) {
	object := map[string]any{}
	var answer struct{ SecretString string }
	err := s.manager.JSON(ctx, "GetSecretValue", map[string]any{"SecretId": id}, &answer)
	if awsapi.IsCode(err, "ResourceNotFoundException") {
		return object, nil
	}
	if err == nil && json.Unmarshal([]byte(answer.SecretString), &object) != nil {
		err = fmt.Errorf("secret %s is no JSON object, so it has no keys", id)
	}
	return object, err
}

// nameOf is the name of a parameter that is given by its name or its ARN.
func nameOf(parameter string) string {
	if _, name, found := strings.Cut(parameter, ":parameter/"); found {
		return "/" + name
	}
	return parameter
}

func at(seconds float64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(seconds * 1000))
}
