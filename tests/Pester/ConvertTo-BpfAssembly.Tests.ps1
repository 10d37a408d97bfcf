BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $program = ConvertFrom-BpfAssembly ".program pick`n.map seats reuseport_sockarray key=4 value=8 entries=8`nr2 = map[seats] ll`nif r1 == 0 goto out`ncall 82`nout: r0 = 1`nexit"
}

Describe 'ConvertTo-BpfAssembly' {
    It 'writes directives, names and labels' {
        $text = $program | ConvertTo-BpfAssembly
        $text | Should -Match '\.program pick'
        $text | Should -Match '\.map seats reuseport_sockarray key=4 value=8 entries=8'
        $text | Should -Match 'r2 = map\[seats\] ll'
        $text | Should -Match 'if r1 == 0 goto L4'
        $text | Should -Match 'call bpf_sk_select_reuseport'
    }

    It 'writes as llvm-objdump does' {
        $text = $program | ConvertTo-BpfAssembly -Distance -Hexadecimal -Index -InstructionOnly
        $text | Should -Not -Match '\.program'
        $text | Should -Match '2:\tif r1 == 0x0 goto \+0x1'
    }

    It 'says where each rule of a policy begins' {
        Set-Content TestDrive:/web.yaml "version: 1`npolicy: web`nrules:`n  - name: office`n    when: { source: 10.0.0.0/8 }`n    steer: { by: slot, slot: 5 }`notherwise: { by: hash }"
        $text = Import-SteeringPolicy TestDrive:/web.yaml | ConvertTo-BpfAssembly
        $text | Should -Match "; policy 'web' for 8 slots"
        $text | Should -Match "; rule 1 'office'"
        $text | Should -Match '; otherwise'
        ConvertTo-BpfAssembly TestDrive:/web.yaml -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'takes bytes, one by one or together' {
        $bytes = [byte[]]@(0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0)
        $bytes | ConvertTo-BpfAssembly | Should -Match 'r0 = 1'
        ConvertTo-BpfAssembly $bytes | Should -Match 'r0 = 1'
    }

    It 'names the place in bytes that are no program' {
        $failure = $null
        ConvertTo-BpfAssembly ([byte[]]@(0xff, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0)) -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure[0].ErrorDetails.Message | Should -Match 'instruction 0.*0xff.*RPS1001'
    }

    It 'refuses what is no program' {
        { ConvertTo-BpfAssembly 42 -ErrorAction Stop } | Should -Throw -ErrorId 'ProgramInvalid,*'
    }
}
