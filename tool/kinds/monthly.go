package kinds

import "github.com/order-bot/infra/tool/tfvalue"

// What is paid by the hour, or by the month, in us-east-1: US dollars, as of June 2026. Elsewhere it is up to a third more. What is paid by use, such as
// traffic, requests, logs and metrics, is not among it.
const (
	hours = 730 // of a month, as AWS reckons

	loadBalancer      = 0.0225 * hours // https://aws.amazon.com/elasticloadbalancing/pricing/
	natGateway        = 0.045 * hours  // https://aws.amazon.com/vpc/pricing/
	publicAddress     = 0.005 * hours  // https://aws.amazon.com/vpc/pricing/
	interfaceEndpoint = 0.01 * hours   // in each zone: https://aws.amazon.com/privatelink/pricing/
	hostedZoneMonthly = 0.50           // https://aws.amazon.com/route53/pricing/
	alarmMonthly      = 0.10           // https://aws.amazon.com/cloudwatch/pricing/
	keyMonthly        = 1.00           // https://aws.amazon.com/kms/pricing/
	secretMonthly     = 0.40           // https://aws.amazon.com/secrets-manager/pricing/

	// Of Fargate, on demand: https://aws.amazon.com/fargate/pricing/
	virtualCPU    = 0.04048 * hours
	gigabyte      = 0.004445 * hours
	armVirtualCPU = 0.03238 * hours
	armGigabyte   = 0.00356 * hours
	diskGigabyte  = 0.000111 * hours // of those over 20
)

// flat is what each of them costs alike.
func flat(dollars float64) func(map[string]any) float64 {
	return func(map[string]any) float64 { return dollars }
}

// balancerMonthly is a load balancer, with its addresses: one in each subnet, if it is reached from the internet.
func balancerMonthly(attributes map[string]any) float64 {
	if attributes["internal"] == true {
		return loadBalancer
	}
	return loadBalancer + publicAddress*float64(tfvalue.Size(attributes["subnets"]))
}

// endpointMonthly is an interface endpoint, in each of its subnets. One of a gateway costs nothing.
func endpointMonthly(attributes map[string]any) float64 {
	if attributes["vpc_endpoint_type"] != "Interface" {
		return 0
	}
	return interfaceEndpoint * float64(tfvalue.Size(attributes["subnet_ids"]))
}

// alarmedMetrics is an alarm, which is paid for each metric that it looks at.
func alarmedMetrics(attributes map[string]any) float64 {
	metrics := 0
	for _, query := range tfvalue.List(attributes, "metric_query") {
		metrics += tfvalue.Size(tfvalue.At(query, "metric"))
	}
	return alarmMonthly * float64(max(metrics, 1))
}

// addressOfTask is the public address of a task, if it has one.
func addressOfTask(attributes map[string]any) float64 {
	if tfvalue.At(attributes, "network_configuration", "assign_public_ip") == true {
		return publicAddress
	}
	return 0
}

// taskMonthly is a task, by its size.
func taskMonthly(attributes map[string]any) float64 {
	cpus, gigabytes := tfvalue.Number(attributes, "cpu")/1024, tfvalue.Number(attributes, "memory")/1024
	price := cpus*virtualCPU + gigabytes*gigabyte
	if tfvalue.At(attributes, "runtime_platform", "cpu_architecture") == "ARM64" {
		price = cpus*armVirtualCPU + gigabytes*armGigabyte
	}
	return price + max(0, tfvalue.Number(attributes, "ephemeral_storage", "size_in_gib")-20)*diskGigabyte
}
