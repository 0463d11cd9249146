package awsapi

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"math"
	"time"
)

// Time is a moment in JSON. The zero value is for none.
type Time struct{ time.Time }

// UnmarshalJSON reads seconds since 1970, or a text as it is in events of EventBridge.
func (t *Time) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte{'"'}) {
		return json.Unmarshal(text, &t.Time)
	}
	var seconds *float64
	err := json.Unmarshal(text, &seconds)
	if seconds != nil {
		t.Time = time.UnixMilli(int64(math.Round(*seconds * 1000))).UTC()
	}
	return err
}

// Tags are the tags of anything, by key. The tag of a field in XML names its members.
type Tags map[string]string

// UnmarshalJSON reads a list of keys and values.
func (t *Tags) UnmarshalJSON(text []byte) error {
	var list []struct{ Key, Value string }
	err := json.Unmarshal(text, &list)
	*t = Tags{}
	for _, tag := range list {
		(*t)[tag.Key] = tag.Value
	}
	return err
}

// UnmarshalXML reads one key and its value.
func (t *Tags) UnmarshalXML(decoder *xml.Decoder, start xml.StartElement) error {
	var tag struct {
		Key, Value string
		EC2Key     string `xml:"key"` // which writes them in small letters
		EC2Value   string `xml:"value"`
	}
	err := decoder.DecodeElement(&tag, &start)
	if *t == nil {
		*t = Tags{}
	}
	(*t)[tag.Key+tag.EC2Key] = tag.Value + tag.EC2Value
	return err
}
