package design

// Repositories are the image repositories of all environments.
var Repositories = []string{"order-bot-svc", "order-bot-mgmt-svc", "order-bot-frontend"}
