package kinds

// s3 are the types of S3.
var s3 = []Kind{
	{
		Type:     "aws_s3_bucket",
		None:     "Detail",
		Title:    "S3 bucket",
		Label:    attribute("bucket"),
		Identity: []Part{{Attribute: "bucket", Same: exactly}},
	},
	{
		Type:     "aws_s3_bucket_policy",
		Title:    "bucket policy",
		Label:    attribute("bucket"),
		Detail:   true,
		Identity: []Part{{Attribute: "bucket", Same: nameOrARN}},
	},
	{
		Type:     "aws_s3_bucket_public_access_block",
		Title:    "public access block",
		Label:    attribute("bucket"),
		Detail:   true,
		Identity: []Part{{Attribute: "bucket", Same: nameOrARN}},
	},
}
