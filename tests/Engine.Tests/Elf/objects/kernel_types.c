/* Stands in for a kernel whose types kernel_fields.c asks for: members moved, widened, missing, one enum value renumbered. */
#include "bpf.h"

struct sock_reuseport {
	__u64 head[2];
	__u16 max_socks;
	__u32 num_socks;
	__u8 closing : 3;
	unsigned int bind_inany : 1;
	union {
		struct {
			unsigned int reuseport_id;
		};
		__u64 any;
	};
	void *socks[];
};

struct task_struct {
	char name[100];
	int tgid;
	struct task_struct *group_leader;
};

enum bpf_attach_type_of_another_kernel { BPF_OTHER = 1 };
enum bpf_attach_type___changed { BPF_FIRST = 1, BPF_SK_REUSEPORT_SELECT___changed = 77 };

struct sock_reuseport group = {};
struct task_struct task = {};
enum bpf_attach_type___changed attach = BPF_FIRST;
enum bpf_attach_type_of_another_kernel other = BPF_OTHER;

SEC("sk_reuseport")
int holds_types(context *ctx)
{
	return group.num_socks + task.tgid + attach + other;
}

LICENCE("MIT");
