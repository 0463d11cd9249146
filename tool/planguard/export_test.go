package planguard

import "github.com/order-bot/infra/tool/terminal"

// Text is what Write writes, with lines of that many characters; 0 stands for lines of any length.
func (r *Report) Text(width int) string {
	page := &terminal.Sheet{Width: width}
	r.write(page)
	return page.String()
}
