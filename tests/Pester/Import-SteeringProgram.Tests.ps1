BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $objects = "$PSScriptRoot/../Engine.Tests/Elf/objects"
    Set-Content TestDrive:/one.bpfasm "r0 = 1`nexit"
    Set-Content TestDrive:/two.s ".program second`nr0 = 2`nexit"
    Export-SteeringProgram TestDrive:/raw.bin -InputObject TestDrive:/one.bpfasm
}

Describe 'Import-SteeringProgram' {
    It 'reads text and names the program after its file' {
        $program = Import-SteeringProgram TestDrive:/one.bpfasm
        $program.Name | Should -BeExactly 'one'
        $program.InstructionCount | Should -Be 2
        $program.Source | Should -BeLike '*one.bpfasm'
    }

    It 'reads bytes' {
        $program = Import-SteeringProgram TestDrive:/raw.bin
        $program | ConvertTo-BpfAssembly -InstructionOnly | Should -Match 'r0 = 1'
    }

    It 'resolves wildcards and takes programs by name' {
        @(Import-SteeringProgram TestDrive:/*.*).Count | Should -Be 3
        (Import-SteeringProgram TestDrive:/*.* -Name sec*).Name | Should -BeExactly 'second'
    }

    It 'tells a format by the content before the name' {
        Copy-Item TestDrive:/raw.bin TestDrive:/misnamed.s
        (Import-SteeringProgram TestDrive:/misnamed.s).InstructionCount | Should -Be 2
    }

    It 'names file and place of a mistake, and goes on' {
        Set-Content TestDrive:/1-bad.s "r0 = 1`nexlt"
        Set-Content TestDrive:/2-good.s "r0 = 1`nexit"
        $failure = $null
        (Import-SteeringProgram TestDrive:/1-bad.s, TestDrive:/2-good.s -ErrorVariable failure -ErrorAction SilentlyContinue).Name | Should -Be '2_good' -Because 'the kernel takes letters, digits, dots and underscores'
        $failure[0].ErrorDetails.Message | Should -Match 'bad\.s:2:1'
    }

    It 'reads classic BPF as tcpdump writes it' {
        Set-Content TestDrive:/first.ddd "2`n48 0 0 0`n22 0 0 0"
        Copy-Item TestDrive:/first.ddd TestDrive:/first.txt
        foreach ($file in 'first.ddd', 'first.txt') {
            $program = Import-SteeringProgram "TestDrive:/$file"
            $program.Name | Should -BeExactly 'first'
            $program.InstructionCount | Should -Be 2
        }
    }

    It 'says what the kernel would refuse of classic BPF' {
        Set-Content TestDrive:/wrong.ddd "2`n52 0 0 0`n22 0 0 0"
        $failure = $null
        Import-SteeringProgram TestDrive:/wrong.ddd -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure[0].ErrorDetails.Message | Should -Match 'wrong\.ddd:2.*RPS1105'
    }

    It 'reads the programs of an object file with their maps' {
        $programs = Import-SteeringProgram $objects/tail_calls.o
        $programs.Name | Should -Be @('on_tcp', 'on_udp', 'by_protocol')
        $programs[0].Map | Should -Be 'sockets'
        $programs[2].Collection.Slots.Length | Should -Be 2
        (Import-SteeringProgram $objects/hash_select.o).Program.Btf.SourceOf(0).Text | Should -Match 'by_hash'
    }

    It 'writes what an object file has as text that can be read again' {
        $program = Import-SteeringProgram $objects/subprograms.o -Name by_both
        Export-SteeringProgram TestDrive:/again.s -InputObject $program
        (Import-SteeringProgram TestDrive:/again.s).InstructionCount | Should -Be $program.InstructionCount
    }

    It 'warns of programs that are left out' {
        (Import-SteeringProgram $objects/migrate.o -WarningVariable warning -WarningAction SilentlyContinue).Name | Should -Contain 'pick_or_move'
        "$warning" | Should -Match 'kprobe/tcp_v4_rcv'
    }

    It 'names what is wrong with <File>' -ForEach @(
        @{ File = 'odd/no_types.o'; Id = 'ObjectFileInvalid,*'; Text = 'RPS2010' }
        @{ File = 'odd/old_maps.o'; Id = 'ObjectFileInvalid,*'; Text = 'RPS2011' }
        @{ File = 'kernel_fields.o'; Id = 'ObjectFileInvalid,*'; Text = 'RPS2120' }
    ) {
        { Import-SteeringProgram $objects/$File -ErrorAction Stop } | Should -Throw -ErrorId $Id
        $failure = $null
        Import-SteeringProgram $objects/$File -ErrorVariable failure -ErrorAction SilentlyContinue
        "$($failure[0].Exception.Message) $($failure[0].ErrorDetails.Message)" | Should -Match $Text
    }

    It 'refuses what is no object file' {
        { Import-SteeringProgram TestDrive:/one.bpfasm -Format Object -ErrorAction Stop } | Should -Throw -ErrorId 'ObjectFileInvalid,*'
    }

    It 'reports a file that is not there' {
        { Import-SteeringProgram TestDrive:/nothing.s -ErrorAction Stop } | Should -Throw -ErrorId 'FileNotFound*'
    }
}
