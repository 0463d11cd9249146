# Values of the stack "prod". Copy this file to prod.tfvars, which git ignores, and put in your own values.
# docs/using/inputs.md says what each one is and what is allowed; it also has the inputs that have a default.

# The AWS region. The console shows it at the top right, beside your account.
aws_region = "ap-northeast-1"

# VPC → Your VPCs → VPC ID.
vpc_id = "vpc-0123456789abcdef0"

# VPC → Subnets → Subnet ID. All of them are in the VPC above.
# Public subnets have a route to an internet gateway (igw-…) in their route table. The load balancer needs two, in different availability zones.
public_subnet_ids = ["subnet-0a0a0a0a0a0a0a0a0", "subnet-0b0b0b0b0b0b0b0b0"]
# Private subnets have none. The services need a NAT gateway (nat-…) there, or VPC endpoints, to pull their images.
private_subnet_ids = ["subnet-0c0c0c0c0c0c0c0c0", "subnet-0d0d0d0d0d0d0d0d0"]

# Route 53 → Hosted zones → your domain → Hosted zone details → Hosted zone ID.
hosted_zone_id = "Z0123456789ABCDEFGHIJ"

# Certificate Manager, in the region above → List certificates → the certificate of the host names below, with
# the status "Issued" → ARN.
alb_certificate_arn = "arn:aws:acm:ap-northeast-1:123456789012:certificate/66666666-7777-8888-9999-000000000000"

# The host names of the services. They have to end with the name of the hosted zone.
orderbot_domain      = "api.example.com"
orderbot_mgmt_domain = "mgmt-api.example.com"

# Elastic Container Registry → Repositories → URI, then a colon and the tag that you have pushed.
order_bot_image      = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v1"
order_bot_mgmt_image = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-mgmt-svc:v1"

# A service ends when one of these variables is missing. Every value is a text, in quotes.
# These maps carry passwords: plans and logs do not show them, but the state has them.
order_bot_environment = {
  HOST          = "0.0.0.0"
  PORT          = "8000" # fixed in the image, and the default of order_bot_port
  ROOT_PATH     = "/"
  IS_PRODUCTION = "true"
  # The service knows no other driver than asyncpg.
  # 10.0.10.10 stands for the PostgreSQL host: EC2 → Instances → Private IPv4 addresses.
  DATABASE_URL    = "postgresql+asyncpg://order_bot:change-me@10.0.10.10:5432/order_bot"
  DATABASE_SCHEMA = "order_bot"
  SEED_MENU       = "false"
  MISTRAL_API_KEY = "change-me"
  MISTRAL_MODEL   = "mistral-small-latest"
}
order_bot_mgmt_environment = {
  ADDRESS                       = "0.0.0.0"
  PORT                          = "8080" # the default of order_bot_mgmt_port
  GIN_MODE                      = "release"
  BLUEPRINT_DB_HOST             = "10.0.10.10"
  BLUEPRINT_DB_PORT             = "5432"
  BLUEPRINT_DB_DATABASE         = "order_bot"
  BLUEPRINT_DB_USERNAME         = "order_bot"
  BLUEPRINT_DB_PASSWORD         = "change-me"
  BLUEPRINT_DB_SCHEMA           = "order_bot_mgmt"
  BLUEPRINT_DB_ORDER_BOT_SCHEMA = "order_bot"
  # Without these two, the service signs its tokens with secrets that everybody knows.
  # openssl rand -base64 32 makes a good one.
  JWT_ACCESS_SECRET  = "change-me"
  JWT_REFRESH_SECRET = "change-me-too"
}
