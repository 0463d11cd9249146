package ecs

import (
	"fmt"

	"github.com/order-bot/infra/internal/check"
)

// sizes are the memory sizes, in MiB, that Fargate offers for each number of CPU units.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
var sizes = []struct{ cpu, least, greatest, step int }{
	{256, 512, 2048, 0}, // 512, 1024 or 2048
	{512, 1024, 4096, 1024},
	{1024, 2048, 8192, 1024},
	{2048, 4096, 16384, 1024},
	{4096, 8192, 30720, 1024},
	{8192, 16384, 61440, 4096},
	{16384, 32768, 122880, 8192},
}

func validateSize(cpu, memoryMiB int) error {
	var p check.Problems
	var cpus []int
	for _, size := range sizes {
		cpus = append(cpus, size.cpu)
		if size.cpu != cpu {
			continue
		}
		offered := memoryMiB >= size.least && memoryMiB <= size.greatest
		allowed := fmt.Sprintf("%d to %d in steps of %d", size.least, size.greatest, size.step)
		if size.step == 0 {
			offered = memoryMiB == 512 || memoryMiB == 1024 || memoryMiB == 2048
			allowed = "512, 1024 or 2048"
		} else {
			offered = offered && memoryMiB%size.step == 0
		}
		if !offered {
			p.Addf("memory", "%d MiB is not offered for %d CPU units (%s)", memoryMiB, cpu, allowed)
		}
		return p.Err()
	}
	p.Addf("CPU", "%d units are not offered by Fargate (%s)", cpu, oneOf(cpus))
	return p.Err()
}
