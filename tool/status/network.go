package status

import (
	"fmt"
	"time"

	"github.com/order-bot/infra/tool/terminal"
)

// Network is how a VPC stands.
type Network struct {
	ID string `json:"id"`
	// CIDR is the range of its addresses, as AWS has it; empty if it is not there.
	CIDR string `json:"cidr"`
}

// Certificate is how a certificate of Certificate Manager stands.
type Certificate struct {
	ARN    string `json:"arn"`
	Region string `json:"region"`
	Domain string `json:"domain"`
	// State is the one that AWS says, such as ISSUED; empty if it is not there.
	// https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html
	State string `json:"state"`
	// Until is when it expires.
	Until time.Time `json:"until"`
}

// expiresSoon is when a certificate is worth a note: AWS renews its own ones 60 days before.
// https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html
const expiresSoon = 14 * 24 * time.Hour

// judgeNetwork adds the problems and notes of the network and the certificates.
func (r *Report) judgeNetwork(now time.Time) {
	if n := r.Network; n != nil && n.CIDR == "" {
		r.Problems = append(r.Problems, fmt.Sprintf("the VPC %s is not there any more", n.ID))
	}
	for _, c := range r.Certificates {
		switch {
		case c.State == "":
			r.Problems = append(r.Problems, fmt.Sprintf("the certificate of %s in %s is not there any more", c.Domain, c.Region))
		case c.State != "ISSUED":
			r.Problems = append(r.Problems, fmt.Sprintf("the certificate of %s in %s is not issued, but %s", c.Domain, c.Region, c.State))
		case c.Until.Sub(now) < expiresSoon:
			r.Notes = append(r.Notes, fmt.Sprintf("the certificate of %s in %s expires on %s: AWS renews it only while the record is there by which it was issued", c.Domain, c.Region, c.Until.Format(time.DateOnly)))
		}
	}
}

// network writes how the network and the certificates stand.
func (r *Report) network(page *terminal.Sheet) {
	var rows [][]string
	if n := r.Network; n != nil && n.CIDR != "" {
		rows = append(rows, []string{"VPC", n.ID + ", " + n.CIDR})
	}
	for _, c := range r.Certificates {
		if c.State != "" {
			until := ""
			if !c.Until.IsZero() { // one that is not issued yet has none
				until = ", until " + c.Until.Format(time.DateOnly)
			}
			rows = append(rows, []string{"certificate", fmt.Sprintf("%s in %s, %s%s", c.Domain, c.Region, c.State, until)})
		}
	}
	if len(rows) > 0 {
		section(page, "network", rows)
	}
}
