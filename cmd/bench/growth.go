package main

import (
	"fmt"

	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/fastjsii"
	"github.com/order-bot/infra/stacks"
)

// synthesize writes prod with the given number of services to the directory out. They have one
// port, as a security group admits 59 different ones.
func synthesize(count int, out string) error {
	stop := fastjsii.Start()
	defer stop()
	prod := stacks.Prod{State: stacks.State{Bucket: "bench", Region: "eu-west-1"}}
	for i := range count {
		prod.Services = append(prod.Services, stacks.Service{
			Key: fmt.Sprintf("s%d", i), Name: fmt.Sprintf("service-%d", i),
			Port: 8000, HealthPath: "/health", Priority: i + 1,
		})
	}
	app := cdktf.NewApp(&cdktf.AppConfig{Outdir: jsii.String(out)})
	if err := stacks.NewProd(app, prod); err != nil {
		return err
	}
	app.Synth()
	return nil
}
