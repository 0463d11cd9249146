package status

import (
	"slices"
	"testing"
	"time"
)

// A VPC that is gone, and a certificate that is not issued, are problems. One that ends soon is a note.
func TestJudgeNetwork(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	later := now.AddDate(1, 0, 0)
	for _, c := range []struct {
		what            string
		report          Report
		problems, notes []string
	}{
		{"nothing", Report{Stack: "network"}, []string{"network is not deployed"}, nil},
		{"a network", Report{Network: &Network{"vpc-1", "10.0.0.0/16"}}, []string{}, nil},
		{"a network that is gone", Report{Network: &Network{ID: "vpc-1"}}, []string{"the VPC vpc-1 is not there any more"}, nil},
		{"certificates", Report{Certificates: []Certificate{{"a", "eu-west-1", "example.com", "ISSUED", later}}}, []string{}, nil},
		{"certificates that do not work", Report{Certificates: []Certificate{
			{"a", "eu-west-1", "example.com", "PENDING_VALIDATION", time.Time{}}, {"b", "us-east-1", "example.com", "", time.Time{}},
		}}, []string{"the certificate of example.com in eu-west-1 is not issued, but PENDING_VALIDATION", "the certificate of example.com in us-east-1 is not there any more"}, nil},
		{"one that ends soon", Report{Certificates: []Certificate{{"a", "eu-west-1", "example.com", "ISSUED", now.AddDate(0, 0, 13)}}}, []string{}, []string{
			"the certificate of example.com in eu-west-1 expires on 2026-12-11: AWS renews it only while the record is there by which it was issued",
		}},
	} {
		c.report.Judge(now)
		if !slices.Equal(c.report.Problems, c.problems) || !slices.Equal(c.report.Notes, c.notes) || c.report.OK != (len(c.problems) == 0) {
			t.Errorf("%s: %q, %q, %v", c.what, c.report.Problems, c.report.Notes, c.report.OK)
		}
	}
}
