package kinds

// cloudFront are the types of CloudFront.
var cloudFront = []Kind{
	{
		Type:     "aws_cloudfront_distribution",
		None:     "Detail",
		Title:    "CloudFront distribution",
		Label:    attribute("aliases"),
		Identity: byARN,
	},
	{
		Type:     "aws_cloudfront_origin_access_control",
		None:     "Label",
		Title:    "origin access control",
		Detail:   true,
		Identity: []Part{{Attribute: "name", Same: exactly}},
	},
}
