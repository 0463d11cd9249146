package kinds

// ecr are the types of ECR.
var ecr = []Kind{
	{
		Type:     "aws_ecr_lifecycle_policy",
		Title:    "lifecycle policy",
		Label:    attribute("repository"),
		Detail:   true,
		Identity: []Part{{Attribute: "repository", Same: nameOrARN}},
	},
	{
		Type:     "aws_ecr_repository",
		None:     "Label Detail",
		Title:    "ECR repository",
		Identity: []Part{{Attribute: "name", Same: exactly}},
	},
	{
		Type:     "aws_ecr_repository_policy",
		Identity: []Part{{Attribute: "repository", Same: nameOrARN}},
	},
}
