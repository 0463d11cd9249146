// Package route53 asks Route 53 for hosted zones and their records. Its types have what is needed of those in the reference:
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_Types_Amazon_Route_53.html
package route53

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// https://docs.aws.amazon.com/general/latest/gr/r53.html
var service = awsapi.Service{ID: "Route 53", Prefix: "route53", Homes: map[string]awsapi.Home{
	"":         {Host: "route53.amazonaws.com", Region: "us-east-1"},
	"cn-":      {Host: "route53.amazonaws.com.cn", Region: "cn-northwest-1"},
	"us-gov-":  {Host: "route53.us-gov.amazonaws.com", Region: "us-gov-west-1"},
	"eusc-":    {Host: "route53.amazonaws.eu", Region: "eusc-de-east-1"},
	"us-iso-":  {Host: "route53.c2s.ic.gov", Region: "us-iso-east-1"},
	"us-isob-": {Host: "route53.sc2s.sgov.gov", Region: "us-isob-east-1"},
	"eu-isoe-": {Host: "route53.cloud.adc-e.uk", Region: "eu-isoe-west-1"},
	"us-isof-": {Host: "route53.csp.hci.ic.gov", Region: "us-isof-south-1"},
}}

// Client asks Route 53.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client { return &Client{awsapi.New(config, service)} }

// NoSuchHostedZone is the code of the error where there is no such zone.
const NoSuchHostedZone = "NoSuchHostedZone"

// HostedZone is a hosted zone.
type HostedZone struct {
	// Name ends with a dot.
	Name string `xml:"HostedZone>Name"`
	// Private tells whether only its VPCs find names in it.
	Private bool `xml:"HostedZone>Config>PrivateZone"`
	// NameServers are those that DNS has to ask. A private zone has none.
	NameServers []string `xml:"DelegationSet>NameServers>NameServer"`
}

// GetHostedZone returns the zone of an id.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html
func (c *Client) GetHostedZone(ctx context.Context, id string) (*HostedZone, error) {
	var answer HostedZone
	if err := c.api.XML(ctx, "GetHostedZone", http.MethodGet, path(id), nil, &answer); err != nil {
		return nil, err
	}
	return &answer, nil
}

// RecordSet is a record of a zone.
type RecordSet struct {
	// Name ends with a dot. A star is \052 in it.
	Name string
	// Type is such as "A", "AAAA" or "CNAME".
	Type string
	// Alias is the host name of what an alias leads to. It is "" for another record, which has Values.
	Alias  string   `xml:"AliasTarget>DNSName"`
	Values []string `xml:"ResourceRecords>ResourceRecord>Value"`
}

// ListResourceRecordSets returns up to so many records of a zone, 300 at most, that begin at a name and a type in its order. A kind of "" is
// for all types of the name.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
func (c *Client) ListResourceRecordSets(ctx context.Context, zone, name, kind string, most int) ([]RecordSet, error) {
	query := url.Values{"name": {name}, "maxitems": {strconv.Itoa(most)}}
	if kind != "" {
		query.Set("type", kind)
	}
	var answer struct {
		Sets []RecordSet `xml:"ResourceRecordSets>ResourceRecordSet"`
	}
	err := c.api.XML(ctx, "ListResourceRecordSets", http.MethodGet, path(zone)+"/rrset?"+query.Encode(), nil, &answer)
	return answer.Sets, err
}

func path(zone string) string {
	return "/2013-04-01/hostedzone/" + url.PathEscape(strings.TrimPrefix(zone, "/hostedzone/"))
}
