# Values of the stack "prod": copy to prod.tfvars, which git ignores, and put in your own.

aws_region          = "ap-northeast-1"
vpc_id              = "vpc-0123456789abcdef0"
public_subnet_ids   = ["subnet-0a0a0a0a0a0a0a0a0", "subnet-0b0b0b0b0b0b0b0b0"]
private_subnet_ids  = ["subnet-0c0c0c0c0c0c0c0c0", "subnet-0d0d0d0d0d0d0d0d0"]
hosted_zone_id      = "Z0123456789ABCDEFGHIJ"
alb_certificate_arn = "arn:aws:acm:ap-northeast-1:111122223333:certificate/66666666-7777-8888-9999-000000000000"

orderbot_domain      = "api.example.com"
orderbot_mgmt_domain = "mgmt-api.example.com"

order_bot_image      = "111122223333.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v1"
order_bot_mgmt_image = "111122223333.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-mgmt-svc:v1"

# Both maps carry passwords: plans and logs do not show them, but the state does.
order_bot_environment = {
  PORT         = "8000"
  HOST         = "0.0.0.0"
  DATABASE_URL = "postgresql+psycopg://order_bot:change-me@10.0.10.10:5432/order_bot"
}
order_bot_mgmt_environment = {
  PORT              = "8080"
  GIN_MODE          = "release"
  JWT_ACCESS_SECRET = "change-me"
}
