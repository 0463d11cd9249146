package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// fault is one way in which AWS, or the way to it, fails.
type fault string

const (
	throttled    fault = "throttling"
	unavailable  fault = "500 and 503"
	cutBefore    fault = "connection cut before AWS has handled it"
	cutAfter     fault = "connection cut after AWS has handled it"
	slow         fault = "slow answer"
	perThousand        = 80 // so many of a thousand requests meet a fault
	slowestFault       = 3 * time.Second
)

var kinds = []fault{throttled, unavailable, cutBefore, cutAfter, slow}

// faults lets requests fail at random, and kills somebody at a random moment.
type faults struct {
	mutex  sync.Mutex
	random *rand.Rand
	off    bool
	// stateBucket is the name of the bucket of the states.
	stateBucket string
	count       map[fault]int

	requests, saves int
	// begun tells that a service of AWS was asked. Before that the engine takes the lock and reads the state: a fault
	// there ends it before it has done anything.
	begun bool
	// The moment: with that many requests, or that many saves of the state, seen. 0 is never.
	killAtRequest, killAtSave int
	// afterwards tells that AWS handles the request of that moment; its answer is lost.
	afterwards bool
	kill       func()
}

// handle answers a request by the rules, or lets forward answer.
func (f *faults) handle(w http.ResponseWriter, r *http.Request, body string, forward func(http.ResponseWriter)) {
	f.mutex.Lock()
	f.requests++
	if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/terraform.tfstate") {
		f.saves++
	}
	now := f.kill != nil && (f.requests == f.killAtRequest || f.saves == f.killAtSave && f.killAtSave > 0)
	kill := f.kill
	if now {
		f.kill = nil
	}
	var is fault
	var part float64
	f.begun = f.begun || !strings.HasPrefix(r.URL.Path, "/"+f.stateBucket) && !strings.Contains(body, "GetCallerIdentity")
	if !f.off && f.begun {
		if f.random.IntN(1000) < perThousand {
			is = kinds[f.random.IntN(len(kinds))]
			f.count[is]++
		}
		part = f.random.Float64()
	}
	afterwards := f.afterwards
	f.mutex.Unlock()

	switch {
	case now:
		if afterwards {
			forward(httptest.NewRecorder())
		}
		kill()
		panic(http.ErrAbortHandler) // cuts the connection
	case is == throttled:
		throttle(w, r, body)
	case is == unavailable:
		w.WriteHeader([]int{http.StatusInternalServerError, http.StatusServiceUnavailable}[int(part*2)])
	case is == cutBefore:
		panic(http.ErrAbortHandler)
	case is == cutAfter:
		forward(httptest.NewRecorder())
		panic(http.ErrAbortHandler)
	case is == slow:
		time.Sleep(time.Duration(part * float64(slowestFault)))
		forward(w)
	default:
		forward(w)
	}
}

// throttle answers as the service does that is asked too often, in its own protocol.
func throttle(w http.ResponseWriter, r *http.Request, body string) {
	switch {
	case r.Header.Get("X-Amz-Target") != "": // JSON: ECS, ECR, CloudWatch Logs, Application Auto Scaling
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type": "ThrottlingException", "message": "Rate exceeded"}`)
	case strings.Contains(body, "Version=2016-11-15"): // EC2
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors><RequestID>1</RequestID></Response>`)
	case strings.Contains(body, "Action=") || strings.HasPrefix(r.URL.Path, "/2013-04-01/") || strings.HasPrefix(r.URL.Path, "/2020-05-31/"): // query: IAM, ELB, STS; REST: Route 53, CloudFront
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>1</RequestId></ErrorResponse>`)
	default: // S3
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
	}
}

// end ends the faults; what was to be killed is so no more.
func (f *faults) end() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.off, f.kill = true, nil
}

// String says how many faults there were.
func (f *faults) String() string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(f.count)) {
		parts = append(parts, fmt.Sprintf("%d × %s", f.count[kind], kind))
	}
	return strings.Join(parts, ", ")
}
