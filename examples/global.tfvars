# Values of the stack "global". Copy this file to global.tfvars, which git ignores, and put in your own values.
# docs/using/inputs.md says what each one is and what is allowed.

# The AWS region. The console shows it at the top right, beside your account.
aws_region = "ap-northeast-1"

# Route 53 → Hosted zones → your domain → Hosted zone details → Hosted zone ID.
hosted_zone_id = "Z0123456789ABCDEFGHIJ"

# The host name of the frontend. It has to end with the name of the hosted zone.
frontend_domain = "app.example.com"

# A name that no S3 bucket in all of AWS has yet. The deploy creates the bucket.
frontend_bucket_name = "example-order-bot-frontend"

# Certificate Manager, in the region us-east-1 (N. Virginia) → List certificates → the certificate of the
# frontend's host name, with the status "Issued" → ARN.
cloudfront_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
