package awsapi

import (
	"errors"
	"slices"

	"github.com/aws/smithy-go"
)

// IsCode tells whether AWS refused with one of these error codes, whichever client asked.
func IsCode(err error, codes ...string) bool {
	var refused smithy.APIError
	return errors.As(err, &refused) && slices.Contains(codes, refused.ErrorCode())
}
