package observe

import (
	"reflect"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
	"github.com/order-bot/infra/tool/status"
)

// The host name of previews is no URL: nothing answers under an asterisk.
func TestFrontend(t *testing.T) {
	settings, _ := awstest.Start(t, awstest.OK(`<Distribution xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Status>Deployed</Status><DistributionConfig><Enabled>true</Enabled>
		<Aliases><Items><CNAME>*.preview.example.com</CNAME><CNAME>app.example.com</CNAME></Items></Aliases></DistributionConfig></Distribution>`))
	want := status.Frontend{ID: "E1", URLs: []string{"https://app.example.com"}, Previews: "*.preview.example.com", State: "Deployed", Enabled: true}
	if got, err := frontend(t.Context(), settings, "E1"); err != nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}
