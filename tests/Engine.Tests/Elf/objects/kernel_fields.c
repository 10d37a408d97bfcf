/* Asks for offsets, sizes, types and enum values of the kernel (CO-RE). The declarations here are wrong on purpose in all but names. */
#include "bpf.h"

#define CORE __attribute__((preserve_access_index))
#define offset(field) __builtin_preserve_field_info(field, 0)
#define size(field) __builtin_preserve_field_info(field, 1)
#define exists(field) __builtin_preserve_field_info(field, 2)
#define is_signed(field) __builtin_preserve_field_info(field, 3)
#define shift_left(field) __builtin_preserve_field_info(field, 4)
#define shift_right(field) __builtin_preserve_field_info(field, 5)

struct sock_reuseport {
	__u16 num_socks;
	unsigned int bind_inany : 1;
	int no_such_field;
} CORE;

struct sock_reuseport___with_id {
	unsigned int reuseport_id;
	void *socks[1];
} CORE;

struct task_struct {
	int tgid;
	struct task_struct *group_leader;
} CORE;

struct no_such_type {
	int field;
} CORE;

enum bpf_attach_type___local { BPF_SK_REUSEPORT_SELECT___local = 1, BPF_NO_SUCH = 2 };

SOCKETS(sockets, 8);
__u64 answers[24];

SEC("sk_reuseport")
int ask(context *ctx)
{
	struct sock_reuseport *group = 0;
	struct sock_reuseport___with_id *other = 0;
	struct no_such_type *nothing = 0;
	struct task_struct *task = current_task();
	int tgid = 0, leader_tgid = 0;
	struct task_struct *leader = 0;

	answers[0] = offset(group->num_socks);
	answers[1] = size(group->num_socks);
	answers[2] = exists(group->num_socks);
	answers[3] = exists(group->no_such_field);
	answers[4] = is_signed(group->num_socks);
	answers[5] = offset(group->bind_inany);
	answers[6] = shift_left(group->bind_inany);
	answers[7] = shift_right(group->bind_inany);
	answers[8] = offset(other->reuseport_id);
	answers[9] = offset(other->socks[0]);
	answers[10] = exists(nothing->field);
	answers[11] = __builtin_btf_type_id(*group, 0) != 0;
	answers[12] = __builtin_btf_type_id(*group, 1);
	answers[13] = __builtin_preserve_type_info(*group, 0);
	answers[14] = __builtin_preserve_type_info(*group, 1);
	answers[15] = __builtin_preserve_type_info(*nothing, 0);
	answers[16] = __builtin_preserve_enum_value(*(enum bpf_attach_type___local *)BPF_SK_REUSEPORT_SELECT___local, 0);
	answers[17] = __builtin_preserve_enum_value(*(enum bpf_attach_type___local *)BPF_SK_REUSEPORT_SELECT___local, 1);
	answers[18] = __builtin_preserve_enum_value(*(enum bpf_attach_type___local *)BPF_NO_SUCH, 0);
	if (exists(group->no_such_field))
		answers[19] = offset(group->no_such_field);

	probe_read_kernel(&tgid, sizeof(tgid), &task->tgid);
	probe_read_kernel(&leader, sizeof(leader), &task->group_leader);
	probe_read_kernel(&leader_tgid, sizeof(leader_tgid), &leader->tgid);
	answers[20] = tgid;
	answers[21] = leader_tgid;
	return SK_PASS;
}

LICENCE("GPL");
