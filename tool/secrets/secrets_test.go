package secrets

import (
	"strings"
	"testing"
	"time"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

const missing = `{"__type": "ResourceNotFoundException", "message": "Secrets Manager can't find the specified secret."}`

func TestChanged(t *testing.T) {
	for _, c := range []struct {
		what   string
		secret project.Secret
		answer awstest.Answer
		asked  string
		want   time.Time
	}{
		{"a parameter", project.Secret{Parameter: "/a/b"}, awstest.OK(`{"Parameters": [{"Name": "/a/b", "LastModifiedDate": 1700000000.5}]}`),
			`AmazonSSM.DescribeParameters {"ParameterFilters":[{"Key":"Name","Option":"Equals","Values":["/a/b"]}]}`, time.UnixMilli(1700000000500)},
		{"a parameter by its ARN", project.Secret{Parameter: "arn:aws:ssm:eu-west-1:1:parameter/a/b"}, awstest.OK(`{"Parameters": []}`),
			`AmazonSSM.DescribeParameters {"ParameterFilters":[{"Key":"Name","Option":"Equals","Values":["/a/b"]}]}`, time.Time{}},
		{"a secret", project.Secret{SecretsManager: "db"}, awstest.OK(`{"CreatedDate": 1700000000, "LastChangedDate": 1700000001}`),
			`secretsmanager.DescribeSecret {"SecretId":"db"}`, time.Unix(1700000001, 0)},
		{"no secret", project.Secret{SecretsManager: "db"}, awstest.Status(400, missing), `secretsmanager.DescribeSecret {"SecretId":"db"}`, time.Time{}},
	} {
		settings, asked := awstest.Start(t, c.answer)
		got, err := New(settings).Changed(t.Context(), c.secret)
		if err != nil || !got.Equal(c.want) {
			t.Errorf("%s: %v, %v", c.what, got, err)
		}
		if request := (*asked)[0]; request.Header.Get("X-Amz-Target")+" "+request.Body != c.asked {
			t.Errorf("%s: asked %s %s", c.what, request.Header.Get("X-Amz-Target"), request.Body)
		}
	}
}

func TestPut(t *testing.T) {
	for _, c := range []struct {
		what    string
		secret  project.Secret
		answers []awstest.Answer
		last    string
	}{
		{"a parameter", project.Secret{Parameter: "/a"}, []awstest.Answer{awstest.OK(`{"Version": 1}`)},
			`AmazonSSM.PutParameter {"Name":"/a","Overwrite":true,"Type":"SecureString","Value":"v"}`},
		{"a secret", project.Secret{SecretsManager: "db"}, []awstest.Answer{awstest.OK(`{}`)}, `secretsmanager.PutSecretValue {"SecretId":"db","SecretString":"v"}`},
		{"a new secret", project.Secret{SecretsManager: "db", KMSKeyARN: "k"}, []awstest.Answer{awstest.Status(400, missing), awstest.OK(`{}`)},
			`secretsmanager.CreateSecret {"KmsKeyId":"k","Name":"db","SecretString":"v"}`},
		{"a key, beside another", project.Secret{SecretsManager: "db", JSONKey: "k"}, []awstest.Answer{awstest.OK(`{"SecretString": "{\"a\": 1}"}`), awstest.OK(`{}`)},
			`secretsmanager.PutSecretValue {"SecretId":"db","SecretString":"{\"a\":1,\"k\":\"v\"}"}`},
	} {
		settings, asked := awstest.Start(t, c.answers...)
		if err := New(settings).Put(t.Context(), c.secret, "v"); err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		if request := (*asked)[len(*asked)-1]; request.Header.Get("X-Amz-Target")+" "+request.Body != c.last {
			t.Errorf("%s: asked %s %s", c.what, request.Header.Get("X-Amz-Target"), request.Body)
		}
	}
}

// What is no JSON object is not overwritten with one.
func TestPutKeepsWhatIsNoObject(t *testing.T) {
	settings, asked := awstest.Start(t, awstest.OK(`{"SecretString": "plain"}`))
	err := New(settings).Put(t.Context(), project.Secret{SecretsManager: "db", JSONKey: "k"}, "v")
	if err == nil || !strings.Contains(err.Error(), "secret db is no JSON object") || len(*asked) != 1 {
		t.Errorf("%v after %d requests", err, len(*asked))
	}
}
