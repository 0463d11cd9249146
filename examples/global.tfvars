# Values of the stack "global": copy to global.tfvars, which git ignores, and put in your own.

aws_region                 = "ap-northeast-1"
hosted_zone_id             = "Z0123456789ABCDEFGHIJ"
frontend_domain            = "app.example.com"
frontend_bucket_name       = "example-order-bot-frontend"
cloudfront_certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-555555555555"
