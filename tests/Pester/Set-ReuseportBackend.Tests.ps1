BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
}

Describe 'Set-ReuseportBackend' {
    It 'writes the backend only with -PassThru' {
        Set-ReuseportBackend Simulator -Seed 2 | Should -BeNullOrEmpty
        (Set-ReuseportBackend Simulator -Seed 3 -PassThru).Seed | Should -Be 3
    }

    It 'is always a fresh simulator' {
        Set-ReuseportBackend Simulator -Seed 1
        $null = New-ReuseportGroup web -SlotCount 2 -Port 5300
        Set-ReuseportBackend Simulator -Seed 1
        Get-ReuseportGroup | Should -BeNullOrEmpty
    }

    It 'changes nothing with -WhatIf' {
        Set-ReuseportBackend Simulator -Seed 4
        Set-ReuseportBackend Simulator -Seed 5 -WhatIf
        (Get-ReuseportBackend).Seed | Should -Be 4
    }

    It 'refuses a seed for the kernel' {
        { Set-ReuseportBackend Linux -Seed 1 } | Should -Throw -ErrorId 'InvalidParameterCombination*'
        (Get-ReuseportBackend).Kind | Should -Be 'Simulator'
    }

    It 'takes kernel <version>, and says that it was not checked' -ForEach @{ version = '5.10' }, @{ version = '6.12' } {
        $backend = Set-ReuseportBackend Simulator -KernelVersion $version -PassThru -WarningAction SilentlyContinue -WarningVariable warnings
        $backend.KernelVersion | Should -Be $version
        $backend.Unchecked | Should -HaveCount 1
        $warnings | Should -Match 'not checked'
    }

    It 'checks what it is silent about' {
        $backend = Set-ReuseportBackend Simulator -PassThru -WarningVariable warnings
        $backend.Unchecked | Should -BeNullOrEmpty
        $warnings | Should -BeNullOrEmpty
    }

    It 'refuses a kernel that it does not reproduce' {
        { Set-ReuseportBackend Simulator -KernelVersion 4.19 } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
    }

    It 'refuses NUMA nodes that are not one for each CPU' {
        { Set-ReuseportBackend Simulator -CpuCount 4 -NumaNode 0, 1 -ErrorAction Stop } | Should -Throw -ErrorId 'BackendFailed*'
    }

    It 'takes the key and the table of a network card' {
        $key = (1..40 | ForEach-Object { '6d' }) -join ':'
        Set-ReuseportBackend Simulator -CpuCount 2 -PacketCpu Rss -RssKey $key -RssTable 0, 1, 1
        (Get-ReuseportBackend).CpuCount | Should -Be 2
    }

    It 'refuses <what>' -ForEach @(
        @{ what = 'a short key'; arguments = @{ PacketCpu = 'Rss'; RssKey = '6d:5a' }; id = 'BadReceiveSideScaling*' }
        @{ what = 'a key that is no hex'; arguments = @{ PacketCpu = 'Rss'; RssKey = 'xyz' }; id = 'BadReceiveSideScaling*' }
        @{ what = 'a table with a CPU that is not there'; arguments = @{ PacketCpu = 'Rss'; RssTable = 0, 9 }; id = 'BadReceiveSideScaling*' }
        @{ what = 'a table without scaling'; arguments = @{ RssTable = 0, 1 }; id = 'InvalidParameterCombination*' }
    ) {
        { Set-ReuseportBackend Simulator @arguments } | Should -Throw -ErrorId $id
    }

    It 'refuses <count> CPUs' -ForEach @{ count = 0 }, @{ count = 5000 } {
        { Set-ReuseportBackend Simulator -CpuCount $count } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
    }
}
